#include "dense.h"

#include <math.h>
#include <string.h>

size_t qk_dense_packed_count(size_t n, size_t k) { return (n + QK_DENSE_PANEL - 1) / QK_DENSE_PANEL * QK_DENSE_PANEL * k; }

void qk_dense_pack(float *packed, const float *w, size_t n, size_t k) {
    for (size_t panel = 0; panel < n; panel += QK_DENSE_PANEL)
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < QK_DENSE_PANEL; j++) *packed++ = panel + j < n ? w[(panel + j) * k + i] : 0;
}

static float gelu(float x) { return 0.5f * x * (1 + erff(x * 0.70710678f)); }

static void dense_scalar(
    float *y, size_t stride, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation) {
    for (size_t row = 0; row < m; row++)
        for (size_t column = 0; column < n; column++) {
            const float *w = packed + column / QK_DENSE_PANEL * QK_DENSE_PANEL * k + column % QK_DENSE_PANEL;
            float sum = 0;
            for (size_t i = 0; i < k; i++) sum += x[row * k + i] * w[i * QK_DENSE_PANEL];
            if (bias) sum += bias[column];
            y[row * stride + column] = activation == QK_ACTIVATION_GELU ? gelu(sum) : sum;
        }
}

#if defined(__x86_64__)
#include "gelu_x86.h"

// ROWS rows of x against one panel: 2 · ROWS accumulators in registers, each a sum over k in order.
#define TILE(ROWS)                                                                                                                     \
    AVX2 static void tile_##ROWS(                                                                                                      \
        float *y, const float *x, const float *w, const float *bias, size_t columns, size_t stride, size_t k, qk_activation activation) { \
        __m256 sum[ROWS][2];                                                                                                           \
        for (int r = 0; r < ROWS; r++) sum[r][0] = sum[r][1] = _mm256_setzero_ps();                                                    \
        for (size_t i = 0; i < k; i++) {                                                                                               \
            const __m256 w0 = _mm256_loadu_ps(w + i * QK_DENSE_PANEL), w1 = _mm256_loadu_ps(w + i * QK_DENSE_PANEL + 8);               \
            for (int r = 0; r < ROWS; r++) {                                                                                           \
                const __m256 a = _mm256_broadcast_ss(x + (size_t)r * k + i);                                                           \
                sum[r][0] = _mm256_fmadd_ps(a, w0, sum[r][0]);                                                                         \
                sum[r][1] = _mm256_fmadd_ps(a, w1, sum[r][1]);                                                                         \
            }                                                                                                                          \
        }                                                                                                                              \
        float b[QK_DENSE_PANEL] = {0};                                                                                                 \
        if (bias) memcpy(b, bias, columns * sizeof *b);                                                                                \
        for (int r = 0; r < ROWS; r++) {                                                                                               \
            __m256 s0 = _mm256_add_ps(sum[r][0], _mm256_loadu_ps(b)), s1 = _mm256_add_ps(sum[r][1], _mm256_loadu_ps(b + 8));           \
            if (activation == QK_ACTIVATION_GELU) s0 = gelu_avx2(s0), s1 = gelu_avx2(s1);                                              \
            float *out = y + (size_t)r * stride;                                                                                            \
            if (columns == QK_DENSE_PANEL) {                                                                                           \
                _mm256_storeu_ps(out, s0);                                                                                             \
                _mm256_storeu_ps(out + 8, s1);                                                                                         \
            } else {                                                                                                                   \
                float all[QK_DENSE_PANEL];                                                                                             \
                _mm256_storeu_ps(all, s0);                                                                                             \
                _mm256_storeu_ps(all + 8, s1);                                                                                         \
                memcpy(out, all, columns * sizeof *all);                                                                               \
            }                                                                                                                          \
        }                                                                                                                              \
    }
TILE(6)
TILE(4)
TILE(1)

AVX2 static void dense_avx2(
    float *y, size_t stride, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation) {
    for (size_t column = 0; column < n; column += QK_DENSE_PANEL) {
        const float *w = packed + column * k;
        const float *b = bias ? bias + column : NULL;
        const size_t columns = n - column < QK_DENSE_PANEL ? n - column : QK_DENSE_PANEL;
        size_t row = 0;
        for (; row + 6 <= m; row += 6) tile_6(y + row * stride + column, x + row * k, w, b, columns, stride, k, activation);
        for (; row + 4 <= m; row += 4) tile_4(y + row * stride + column, x + row * k, w, b, columns, stride, k, activation);
        for (; row < m; row++) tile_1(y + row * stride + column, x + row * k, w, b, columns, stride, k, activation);
    }
}
#endif

static void dense(
    qk_cpu level, float *y, size_t stride, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k,
    qk_activation activation) {
#if defined(__x86_64__)
    if (level >= QK_CPU_AVX2) {
        dense_avx2(y, stride, x, packed, bias, m, n, k, activation);
        return;
    }
#endif
    (void)level;
    dense_scalar(y, stride, x, packed, bias, m, n, k, activation);
}

void qk_dense_at(
    qk_cpu level, float *y, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation) {
    dense(level, y, n, x, packed, bias, m, n, k, activation);
}

void qk_dense(
    float *y, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation) {
    dense(qk_cpu_level(), y, n, x, packed, bias, m, n, k, activation);
}

void qk_dense_panels(
    float *y, const float *x, const float *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation, size_t first,
    size_t count) {
    const size_t start = first * QK_DENSE_PANEL, end = (first + count) * QK_DENSE_PANEL < n ? (first + count) * QK_DENSE_PANEL : n;
    if (start >= end) return;
    dense(qk_cpu_level(), y + start, n, x, packed + start * k, bias ? bias + start : NULL, m, end - start, k, activation);
}
