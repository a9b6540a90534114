#ifndef QUARRY_DENSE8_H
#define QUARRY_DENSE8_H

#include "cpu.h"
#include "dense.h"

#include <stddef.h>

/// Elements of a row, of weights or of activations, that share a scale.
#define QK_DENSE8_BLOCK 64
/// Rows of weights that lie together in a packed matrix.
#define QK_DENSE8_PANEL 16

/// Bytes of one quantised row of k activations, a multiple of 64.
size_t qk_dense8_row_byte_count(size_t k);

/// Quantises x (m, k): in each block of a row x ≈ scale · q + centre, centre = (min + max) / 2, scale = (max − min) / 254, q in −127 … 127,
/// rounded to nearest even. `rows` holds m rows of `qk_dense8_row_byte_count(k)` bytes. No row depends on another; all levels give the same bits.
void qk_dense8_quantise(void *rows, const float *x, size_t m, size_t k);
void qk_dense8_quantise_at(qk_cpu level, void *rows, const float *x, size_t m, size_t k);

/// Bytes of a packed matrix W (n, k).
size_t qk_dense8_packed_byte_count(size_t n, size_t k);

/// Quantises and packs the panels [first, last) of W (n, k): in each block of a row w ≈ scale · q, scale = max |w| / 127. Weights that are no
/// numbers give products that are none.
void qk_dense8_pack(void *packed, const float *w, size_t n, size_t k, size_t first, size_t last);

/// y (m, n) = activation(x (m, k) · Wᵀ + bias (n)) for the columns of the panels [first, last); others are left as they are. `bias` may be NULL.
/// A block's products are summed as integers, without rounding; blocks are added in order: the same bits for one row and for many, and, but
/// for the activation's, at every level.
void qk_dense8(
    float *y, const void *rows, const void *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation, size_t first,
    size_t last);
void qk_dense8_at(
    qk_cpu level, float *y, const void *rows, const void *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation,
    size_t first, size_t last);

#endif
