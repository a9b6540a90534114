#ifndef QUARRY_ENCODER_H
#define QUARRY_ENCODER_H

#include "cpu.h"

#include <stddef.h>

/// x (m, n) = LayerNorm(x + y) · weight + bias (Ba et al. 2016); `y` may be NULL.
void qk_layer_norm(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon);
void qk_layer_norm_at(
    qk_cpu level, float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon);

/// Floats of scratch that `qk_encoder_attention` needs.
size_t qk_encoder_attention_scratch_count(size_t tokens, size_t head_size);

/// One head of bidirectional attention over one sequence: out = softmax(q kᵀ / √head_size) v.
/// Rows of `q`, `k`, `v` are `stride` floats apart, rows of `out` `out_stride`. A `head_size` that is no multiple of 8 is slow;
/// the best is a multiple of 16.
void qk_encoder_attention(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch);
void qk_encoder_attention_at(
    qk_cpu level, float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size,
    float *scratch);

/// out (n) = the mean of x's m rows, scaled to length 1; zeros stay.
void qk_pool_mean(float *out, const float *x, size_t m, size_t n);

#endif
