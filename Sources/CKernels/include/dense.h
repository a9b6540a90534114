#ifndef QUARRY_DENSE_H
#define QUARRY_DENSE_H

#include "cpu.h"

#include <stddef.h>

/// What is done to each sum before it is stored.
typedef enum {
    QK_ACTIVATION_NONE = 0,
    /// Gaussian error linear unit with the error function: x · Φ(x) (Hendrycks & Gimpel 2016).
    QK_ACTIVATION_GELU = 1,
} qk_activation;

/// Weights that lie together in a packed matrix.
#define QK_DENSE_PANEL 16

/// Floats of a packed matrix W (n, k).
size_t qk_dense_packed_count(size_t n, size_t k);

/// Packs W (n, k) into panels of 16 rows, k-major within a panel, padded with zeros.
void qk_dense_pack(float *packed, const float *w, size_t n, size_t k);

/// y (m, n) = activation(x (m, k) · Wᵀ + bias (n)); W packed, `bias` may be NULL. Each sum runs over k in order, with one accumulator.
void qk_dense(
    float *y, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation);

/// The same for panels `first ..< first + count` of W alone: their columns of y (m, n), with the same bits. Others are left as they are.
void qk_dense_panels(
    float *y, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation, size_t first,
    size_t count);

/// The same with a given level, for tests.
void qk_dense_at(
    qk_cpu level, float *y, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation);

#endif
