/* Reads images from standard input, bytes or (with an argument) floats, and writes their activations, f32. Exit code 3
 * means that the self-test found other bits, 4 that a prediction is not the first of the most active outputs. */

#include <stdio.h>
#include "digits.h"

int main(int count, char **arguments)
{
    static uint8_t pixels[DIGITS_INPUTS];
    static float inputs[DIGITS_INPUTS];
    float activations[DIGITS_CLASSES];
    int j, best;
    (void)arguments;
    if (digits_selftest(pixels) != 1) return 3;
    for (;;) {
        if (count > 1) {
            if (fread(inputs, sizeof inputs, 1, stdin) != 1) return 0;
            digits_activations_of_floats(inputs, activations);
        } else {
            if (fread(pixels, sizeof pixels, 1, stdin) != 1) return 0;
            digits_activations(pixels, activations);
            for (best = 0, j = 1; j < DIGITS_CLASSES; j++) {
                if (activations[j] > activations[best]) best = j;
            }
            if (digits_predict(pixels) != best) return 4;
        }
        if (fwrite(activations, sizeof activations, 1, stdout) != 1) return 1;
    }
}
