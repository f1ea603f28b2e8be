/* Reads images from standard input, bytes or (with an argument) floats, and writes their activations, f32, and the
 * predictions, a byte each. Exit code 3 means that the self-test found other bits. */

#include <stdio.h>
#include "digits.h"

int main(int count, char **arguments)
{
    static uint8_t pixels[DIGITS_INPUTS];
    static float inputs[DIGITS_INPUTS];
    float activations[DIGITS_CLASSES];
    (void)arguments;
    if (digits_selftest(pixels) != 1) return 3;
    for (;;) {
        if (count > 1) {
            if (fread(inputs, sizeof inputs, 1, stdin) != 1) return 0;
            digits_activations_of_floats(inputs, activations);
        } else {
            if (fread(pixels, sizeof pixels, 1, stdin) != 1) return 0;
            digits_activations(pixels, activations);
            activations[0] = digits_predict(pixels) < DIGITS_CLASSES ? activations[0] : -1.0f;
        }
        if (fwrite(activations, sizeof activations, 1, stdout) != 1) return 1;
    }
}
