#include "convolution.h"

#include "half.h"

void qk_convolution_store(uint16_t *input, const float *b, const float *x, size_t width) {
    for (size_t i = 0; i < width; i++) {
        const float product = b[i] * x[i];
        input[i] = float_to_half(product > 65504 ? 65504 : product < -65504 ? -65504 : product);
    }
}

void qk_convolution(float *y, const float *c, const float *weights, const uint16_t *const *inputs, size_t taps, size_t width) {
    for (size_t i = 0; i < width; i++) y[i] = 0;
    for (size_t t = 0; t < taps; t++) {
        const uint16_t *input = inputs[t];
        if (!input) continue;
        for (size_t i = 0; i < width; i++) y[i] += weights[t * width + i] * half_to_float(input[i]);
    }
    for (size_t i = 0; i < width; i++) y[i] *= c[i];
}
