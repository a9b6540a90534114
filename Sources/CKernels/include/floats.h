#ifndef QUARRY_FLOATS_H
#define QUARRY_FLOATS_H

#include "quantised.h"

/// Bytes of a packed matrix W (n, k) of F32, F16 or BF16: as many as it takes where it is stored.
size_t qk_floats_byte_count(qk_type type, size_t n, size_t k);

/// Packs the panels [first, last) of W (n, k): 16 rows, k-major within a panel, in their own type.
void qk_floats_pack(void *packed, const void *rows, qk_type type, size_t n, size_t k, size_t first, size_t last);

/// y (m, n) = x (m, k) · Wᵀ for the columns of the panels [first, last); rows of y are `stride` floats apart. Each sum is a chain of fused
/// multiply-adds over k in order: the same bits for one row and for many, and at every level.
void qk_floats_multiply(
    float *y, size_t stride, const float *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last);
void qk_floats_multiply_at(
    qk_cpu level, float *y, size_t stride, const float *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last);

#endif
