/* Linux instead of the missing system of a microcontroller, so that qemu-arm runs its programs: what newlib calls. */

#include <stdio.h>

int main(int count, char **arguments);
void _exit(int code);

static int call(int number, int first, const void *second, int third)
{
    register int r7 __asm__("r7") = number;
    register int r0 __asm__("r0") = first;
    register const void *r1 __asm__("r1") = second;
    register int r2 __asm__("r2") = third;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}

int _read(int file, void *bytes, int count) { return call(3, file, bytes, count); }
int _write(int file, const void *bytes, int count) { return call(4, file, bytes, count); }

void _exit(int code)
{
    for (;;) call(1, code, 0, 0);
}

void *_sbrk(int bytes)
{
    static char heap[1 << 16];
    static int used;
    used += bytes;
    return heap + used - bytes;
}

int _close(int file) { (void)file; return -1; }
int _isatty(int file) { (void)file; return 0; }
int _lseek(int file, int offset, int from) { (void)file; (void)offset; (void)from; return 0; }
int _fstat(int file, void *status) { (void)file; (void)status; return -1; }
int _kill(int process, int signal) { (void)process; (void)signal; return -1; }
int _getpid(void) { return 1; }

/* The kernel leaves the number of arguments and their addresses on the stack. */
__attribute__((used)) static void begin(int *stack)
{
    const int code = main(stack[0], (char **)(stack + 1));
    fflush(0);
    _exit(code);
}

__attribute__((naked)) void _start(void)
{
    __asm__ volatile("mov r0, sp\n bl begin");
}
