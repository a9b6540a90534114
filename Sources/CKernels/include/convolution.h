#ifndef QUARRY_CONVOLUTION_H
#define QUARRY_CONVOLUTION_H

#include <stddef.h>
#include <stdint.h>

/// What a position gives to a short convolution, half precision: input = b · x, over `width` channels. Numbers beyond half precision are stored
/// as its largest.
void qk_convolution_store(uint16_t *input, const float *b, const float *x, size_t width);

/// One position of a gated short convolution, each channel on its own (LFM2; Liquid AI 2025): y = c · Σ_t weights[t] · inputs[t].
/// `weights` is (taps, width); inputs[taps − 1] is the position's own input, the one before it the position's before, and so on; NULL where
/// there is none. Taps are added in order, so that the result depends on the position's inputs only.
void qk_convolution(float *y, const float *c, const float *weights, const uint16_t *const *inputs, size_t taps, size_t width);

#endif
