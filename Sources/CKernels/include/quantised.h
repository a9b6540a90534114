#ifndef QUARRY_QUANTISED_H
#define QUARRY_QUANTISED_H

#include "cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Storage types of GGML that the kernels read, with GGML's ids.
typedef enum {
    QK_TYPE_F32 = 0,
    QK_TYPE_F16 = 1,
    QK_TYPE_Q4_0 = 2,
    QK_TYPE_Q4_1 = 3,
    QK_TYPE_Q5_0 = 6,
    QK_TYPE_Q5_1 = 7,
    QK_TYPE_Q8_0 = 8,
    QK_TYPE_Q2_K = 10,
    QK_TYPE_Q3_K = 11,
    QK_TYPE_Q4_K = 12,
    QK_TYPE_Q5_K = 13,
    QK_TYPE_Q6_K = 14,
    QK_TYPE_IQ4_NL = 20,
    QK_TYPE_IQ4_XS = 23,
    QK_TYPE_BF16 = 30,
    QK_TYPE_MXFP4 = 39,
} qk_type;

/// Elements that share a scale of activations.
#define QK_BLOCK 32
/// Rows of weights that lie interleaved in a packed matrix.
#define QK_PANEL 16

/// 32 activations as int8: x ≈ scale · q, with what the zero points and minima of weights are multiplied by. Quantised by row, so that no row
/// depends on another.
typedef struct {
    float scale;
    /// scale · Σ q
    float sum;
    /// The same over the first 16 alone.
    float first_sum;
    /// Σ q
    int32_t total;
    int8_t q[QK_BLOCK];
} qk_activations;

/// Quantises one row of k floats (a multiple of 32): scale = max |x| / 127, rounded to nearest even.
void qk_quantise(qk_activations *out, const float *x, size_t k);
void qk_quantise_at(qk_cpu level, qk_activations *out, const float *x, size_t k);

/// Whether a type is multiplied as integers (`qk_matrix_…`); the others are floats (`qk_floats_…`).
bool qk_is_quantised(qk_type type);

/// Elements of a stored block of a type, and the bytes that it takes; rows consist of whole blocks.
size_t qk_block_elements(qk_type type);
size_t qk_block_bytes(qk_type type);

/// Bytes of a packed matrix W (n, k) of a quantised type.
size_t qk_matrix_byte_count(qk_type type, size_t n, size_t k);

/// Packs the panels [first, last) of W (n, k), whose rows lie one after the other in `rows` as `type` stores them; `packed` is aligned to 64.
void qk_matrix_pack(void *packed, const void *rows, qk_type type, size_t n, size_t k, size_t first, size_t last);

/// y (m, n) = x (m, k) · Wᵀ for the columns of the panels [first, last); rows of y are `stride` floats apart.
/// Each sum runs over the scales' groups of k in order, with one accumulator: the same bits for one row and for many, and at every level.
void qk_matrix_multiply(
    float *y, size_t stride, const qk_activations *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last);
void qk_matrix_multiply_at(
    qk_cpu level, float *y, size_t stride, const qk_activations *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first,
    size_t last);

/// Floats of a stored row of k elements.
void qk_dequantise(float *out, const void *row, qk_type type, size_t k);

#endif
