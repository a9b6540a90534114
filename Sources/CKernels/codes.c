// Products of vectors of bytes: making them, the scalar reference, and the choice of the version.
#include "codes.h"
#include "levels.h"

#include <math.h>

void qk_code_quantise(uint8_t *codes, float *scale, float *error, const float *x, size_t n) {
    float largest = 0;
    for (size_t i = 0; i < n; i++) {
        const float size = fabsf(x[i]);
        largest = size > largest ? size : largest;
    }
    const float step = largest / 127;
    // So small a vector that its scale has no inverse is nothing.
    const float inverse = step >= 1e-37f ? 1 / step : 0;
    float squares = 0;
    for (size_t i = 0; i < n; i++) {
        const int code = (int)(x[i] * inverse + 128.5f);
        codes[i] = (uint8_t)(code < 1 ? 1 : code > 255 ? 255 : code);
        const float rest = x[i] - step * (float)((int)codes[i] - 128);
        squares += rest * rest;
    }
    *scale = step;
    // More than n roundings of the sum can take away.
    *error = sqrtf(squares) * (1 + (float)n * 1.2e-7f) + 1e-30f;
}

static size_t padded(size_t n) { return (n + QK_CODE_PADDING - 1) / QK_CODE_PADDING * QK_CODE_PADDING; }

size_t qk_code_query_byte_count(size_t n) { return sizeof(qk_code_left) + 2 * padded(n); }

void qk_code_query(void *query, const uint8_t *codes, size_t n) {
    qk_code_left *left = query;
    const size_t width = padded(n);
    int8_t *values = left->bytes;
    uint8_t *sizes = (uint8_t *)left->bytes + width;
    int32_t total = 0;
    for (size_t i = 0; i < n; i++) {
        const int value = (int)codes[i] - 128;
        values[i] = (int8_t)value;
        sizes[i] = (uint8_t)(value < 0 ? -value : value);
        total += value;
    }
    // Zeros take what is read behind a row out of the sum.
    for (size_t i = n; i < width; i++) values[i] = 0, sizes[i] = 0;
    left->total = total;
}

void qk_code_products_scalar(int32_t *products, const qk_code_left *query, const uint8_t *codes, const int32_t *rows, size_t count, size_t n) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = codes + (rows != NULL ? (size_t)rows[i] : i) * n;
        int32_t sum = 0;
        for (size_t k = 0; k < n; k++) sum += query->bytes[k] * ((int)row[k] - 128);
        products[i] = sum;
    }
}

void qk_code_products_at(
    qk_cpu level, int32_t *products, const void *query, const uint8_t *codes, const int32_t *rows, size_t count, size_t n) {
    qk_functions_at(level)->code_products(products, query, codes, rows, count, n);
}

void qk_code_products(int32_t *products, const void *query, const uint8_t *codes, const int32_t *rows, size_t count, size_t n) {
    qk_code_products_at(qk_cpu_level(), products, query, codes, rows, count, n);
}
