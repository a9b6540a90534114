#ifndef QUARRY_QUANTISED_H
#define QUARRY_QUANTISED_H

#include "cpu.h"

#include <stddef.h>
#include <stdint.h>

/// Storage types of GGML that the kernels read, with GGML's ids.
typedef enum {
    QK_TYPE_F32 = 0,
    QK_TYPE_F16 = 1,
    QK_TYPE_Q4_0 = 2,
    QK_TYPE_Q4_1 = 3,
    QK_TYPE_Q8_0 = 8,
    QK_TYPE_BF16 = 30,
} qk_type;

/// Elements of a quantised block.
#define QK_BLOCK 32
/// Rows of weights that lie interleaved in a packed matrix.
#define QK_PANEL 8

/// 32 activations as int8: x ≈ scale · q; `sum` is scale · Σ q. Quantised by row, so that no row depends on another.
typedef struct {
    float scale;
    float sum;
    int8_t q[QK_BLOCK];
} qk_activations;

/// Quantises one row of k floats (a multiple of 32): scale = max |x| / 127, rounded to nearest even.
void qk_quantise(qk_activations *out, const float *x, size_t k);
void qk_quantise_at(qk_cpu level, qk_activations *out, const float *x, size_t k);

/// How a packed matrix is stored: 4-bit weights with scale and minimum (from Q4_0 and Q4_1), or 8-bit with scale (from Q8_0).
typedef enum {
    QK_MATRIX_4BIT = 4,
    QK_MATRIX_8BIT = 8,
} qk_matrix;

/// Bytes of a packed matrix W (n, k).
size_t qk_matrix_byte_count(qk_matrix kind, size_t n, size_t k);

/// Packs the panels [first, last) of W (n, k), whose rows lie one after the other in `rows` as `type` (Q4_0, Q4_1 or Q8_0).
void qk_matrix_pack(void *packed, const void *rows, qk_type type, size_t n, size_t k, size_t first, size_t last);

/// y (m, n) = x (m, k) · Wᵀ for the columns of the panels [first, last); rows of y are `stride` floats apart.
/// Each sum runs over the blocks of k in order, with one accumulator: the same bits for one row and for many, and at every level.
void qk_matrix_multiply(
    float *y, size_t stride, const qk_activations *x, const void *packed, qk_matrix kind, size_t m, size_t n, size_t k, size_t first, size_t last);
void qk_matrix_multiply_at(
    qk_cpu level, float *y, size_t stride, const qk_activations *x, const void *packed, qk_matrix kind, size_t m, size_t n, size_t k, size_t first,
    size_t last);

/// Floats of a stored row of k elements.
void qk_dequantise(float *out, const void *row, qk_type type, size_t k);

#endif
