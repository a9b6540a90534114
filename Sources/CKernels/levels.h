// The versions of the operations, one for each level. What is written once, in the …_tile.h files, is compiled for a level by level_….c, which
// says what a vector is there. The scalar versions are in the operations' own files: plain loops, the reference of the others.
#ifndef QUARRY_LEVELS_H
#define QUARRY_LEVELS_H

#include "attention.h"
#include "codes.h"
#include "cpu.h"
#include "quantised.h"

typedef void qk_matrix_function(
    float *y, size_t stride, const qk_activations *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last);
typedef void qk_floats_function(
    float *y, size_t stride, const float *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last);
typedef void qk_attention_function(float *out, const qk_attention_job *job, float *scratch);
typedef void qk_rms_norm_function(float *y, const float *x, const float *weight, size_t n, float epsilon);
typedef void qk_gate_function(float *gate, const float *up, size_t n);
typedef void qk_layer_norm_function(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon);

/// One head of an encoder's attention: keys transposed (head_size, width), zeros beyond `tokens`; rows of q and v are `stride` floats apart.
typedef struct {
    const float *keys, *v;
    size_t stride, tokens, width, head_size;
} qk_encoder_job;
/// `scores` has place for 8 rows of `width`.
typedef void qk_encoder_attention_function(float *out, size_t out_stride, const float *q, const qk_encoder_job *job, float *scores);

/// Codes as the left side of products.
typedef struct {
    _Alignas(64) int32_t total;
    /// The codes less 128, padded with zeros, and behind them their absolute values.
    _Alignas(64) int8_t bytes[];
} qk_code_left;
typedef void qk_code_products_function(
    int32_t *products, const qk_code_left *query, const uint8_t *codes, const int32_t *rows, size_t count, size_t n);

typedef struct {
    qk_matrix_function *matrix;
    qk_floats_function *floats;
    qk_attention_function *attention;
    qk_rms_norm_function *rms_norm;
    qk_gate_function *swiglu, *geglu;
    qk_layer_norm_function *layer_norm;
    /// NULL for scalar, which reads keys as they are stored.
    qk_encoder_attention_function *encoder_attention;
    qk_code_products_function *code_products;
} qk_functions;

extern const qk_functions qk_functions_scalar, qk_functions_avx2, qk_functions_avx512, qk_functions_neon;

/// The versions of a level; the scalar ones where the level is of another processor.
const qk_functions *qk_functions_at(qk_cpu level);

/// The scalar versions.
qk_matrix_function qk_matrix_scalar;
qk_floats_function qk_floats_scalar;
qk_attention_function qk_attention_scalar;
qk_rms_norm_function qk_rms_norm_scalar;
qk_gate_function qk_swiglu_scalar, qk_geglu_scalar;
qk_layer_norm_function qk_layer_norm_scalar;
qk_code_products_function qk_code_products_scalar;

#endif
