// Products of floats with weights that are stored as floats: F32, F16, BF16.
#include "floats.h"
#include "half.h"
#include "levels.h"

#include <math.h>

static size_t size_of(qk_type type) { return type == QK_TYPE_F32 ? 4 : 2; }

size_t qk_floats_byte_count(qk_type type, size_t n, size_t k) { return (n + QK_PANEL - 1) / QK_PANEL * QK_PANEL * k * size_of(type); }

void qk_floats_pack(void *packed, const void *rows, qk_type type, size_t n, size_t k, size_t first, size_t last) {
    const size_t size = size_of(type);
    for (size_t p = first; p < last; p++) {
        uint8_t *panel = (uint8_t *)packed + p * QK_PANEL * k * size;
        for (size_t r = 0; r < QK_PANEL; r++) {
            const size_t row = p * QK_PANEL + r;
            for (size_t i = 0; i < k; i++)
                if (row < n) memcpy(panel + (i * QK_PANEL + r) * size, (const uint8_t *)rows + (row * k + i) * size, size);
                else memset(panel + (i * QK_PANEL + r) * size, 0, size);
        }
    }
}

void qk_floats_scalar(
    float *y, size_t stride, const float *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    for (size_t column = first * QK_PANEL; column < last * QK_PANEL && column < n; column++)
        for (size_t row = 0; row < m; row++) {
            float sum = 0;
            for (size_t i = 0; i < k; i++) {
                float weight;
                qk_dequantise(&weight, packed + ((column / QK_PANEL * k + i) * QK_PANEL + column % QK_PANEL) * size_of(type), type, 1);
                sum = fmaf(x[row * k + i], weight, sum);
            }
            y[row * stride + column] = sum;
        }
}

void qk_floats_multiply_at(
    qk_cpu level, float *y, size_t stride, const float *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    qk_functions_at(level)->floats(y, stride, x, packed, type, m, n, k, first, last);
}

void qk_floats_multiply(
    float *y, size_t stride, const float *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    qk_floats_multiply_at(qk_cpu_level(), y, stride, x, packed, type, m, n, k, first, last);
}
