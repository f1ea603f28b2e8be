// The module behind the WebAssembly C API: one instance for each network, and the calls of docs/abi.md.
#ifndef DUCTUS_MODULE_H
#define DUCTUS_MODULE_H

#include "ductus.h"

typedef struct module module;

module *module_new(void);
void module_free(module *m);

// Calls a function; arguments are int for i32 and double for f32, as `types` says: "iif". False if it traps.
bool module_call(module *m, const char *name, const char *types, ...);
// What the last call returned: an i32 without its sign, or an f64.
uint32_t module_result(const module *m);
double module_number(const module *m);
// As module_call(), of a function that returns 0 if memory cannot be had; gives its result, or 0.
uint32_t module_grow(module *m, const char *name, const char *types, ...);
// Bytes at an address, until the memory grows; NULL if there are not so many.
uint8_t *module_bytes(module *m, uint32_t address, size_t count);
// Copies checked images and labels into the module: a data set to be released, or 0.
uint32_t module_add_dataset(module *m, const uint8_t *images, const uint16_t *labels, size_t count, size_t inputs);

// Leaves a sentence for ductus_error(), and returns false.
bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
