#ifndef QUARRY_CODES_H
#define QUARRY_CODES_H

#include "cpu.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Vectors as bytes: x ≈ scale · (code − 128), scale = max |x| / 127, codes 1 … 255. Products of codes are integers, the same at every level.

/// Bytes that may be read behind the last row of codes.
#define QK_CODE_PADDING 64

/// Makes codes of x (n). `error` gets ‖x − scale · (code − 128)‖, rounded up.
void qk_code_quantise(uint8_t *codes, float *scale, float *error, const float *x, size_t n);

/// Bytes of a question's form for rows of n codes.
size_t qk_code_query_byte_count(size_t n);

/// Lays out n codes (as `qk_code_quantise` makes them) as the left side of products, in `query` (aligned to 64).
void qk_code_query(void *query, const uint8_t *codes, size_t n);

/// products[i] = Σ (query − 128) · (row − 128) for `count` rows of n codes, n ≤ 65,536; row i is at `codes + rows[i] · n`, or at `codes + i · n` where
/// `rows` is NULL. Up to QK_CODE_PADDING bytes behind a row are read.
void qk_code_products(int32_t *products, const void *query, const uint8_t *codes, const int32_t *rows, size_t count, size_t n);
void qk_code_products_at(
    qk_cpu level, int32_t *products, const void *query, const uint8_t *codes, const int32_t *rows, size_t count, size_t n);

#ifdef __cplusplus
}
#endif

#endif
