/* The least firmware: reads the image at a fixed place, over and over. Its size is that of the network. */

#include "digits.h"

int main(void);

static uint8_t image[DIGITS_INPUTS];
volatile int digit;

int main(void)
{
    for (;;) digit = digits_predict(image);
}
