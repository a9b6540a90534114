// The versions of the products, one for each level.
#ifndef QUARRY_MATRIX_H
#define QUARRY_MATRIX_H

#include "format.h"

typedef void qk_matrix_function(
    float *y, size_t stride, const qk_activations *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last);

typedef void qk_floats_function(
    float *y, size_t stride, const float *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last);

qk_matrix_function qk_matrix_multiply_avx2, qk_matrix_multiply_avx512, qk_matrix_multiply_neon;
qk_floats_function qk_floats_multiply_avx2, qk_floats_multiply_avx512, qk_floats_multiply_neon;

#endif
