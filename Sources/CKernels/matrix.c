// Products of int8 activations with 4-bit and 8-bit weights.
//
// A packed matrix is panels of 8 rows; a panel is blocks of 32 columns; a block holds the scales of its 8 rows, then their weights in groups
// of four columns: byte 32 g + 4 row + i is column 4 g + i of the row. One vector then holds four columns of all 8 rows, a broadcast of four
// activations meets it in one multiply-add, and lane r of the result is row r: no sum across lanes is ever needed.
#include "half.h"
#include "quantised.h"

#include <math.h>

typedef struct {
    uint16_t scale[QK_PANEL];
    uint16_t minimum[QK_PANEL];
    /// Group g in the low nibbles of its 32 bytes, group g + 4 in the high ones.
    uint8_t nibbles[QK_PANEL * QK_BLOCK / 2];
} block4;

typedef struct {
    uint16_t scale[QK_PANEL];
    int8_t q[QK_PANEL * QK_BLOCK];
} block8;

static size_t panel_count(size_t n) { return (n + QK_PANEL - 1) / QK_PANEL; }
static size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

size_t qk_matrix_byte_count(qk_matrix kind, size_t n, size_t k) {
    return panel_count(n) * (k / QK_BLOCK) * (kind == QK_MATRIX_4BIT ? sizeof(block4) : sizeof(block8));
}

void qk_matrix_pack(void *packed, const void *rows, qk_type type, size_t n, size_t k, size_t first, size_t last) {
    const size_t blocks = k / QK_BLOCK;
    const size_t size = type == QK_TYPE_Q4_0 ? 18 : type == QK_TYPE_Q4_1 ? 20 : 34;
    for (size_t panel = first; panel < last; panel++)
        for (size_t block = 0; block < blocks; block++) {
            block4 *out4 = (block4 *)packed + panel * blocks + block;
            block8 *out8 = (block8 *)packed + panel * blocks + block;
            if (type == QK_TYPE_Q8_0) memset(out8, 0, sizeof *out8);
            else memset(out4, 0, sizeof *out4);
            for (size_t r = 0; r < QK_PANEL && panel * QK_PANEL + r < n; r++) {
                const uint8_t *source = (const uint8_t *)rows + ((panel * QK_PANEL + r) * blocks + block) * size;
                if (type == QK_TYPE_Q8_0) {
                    memcpy(&out8->scale[r], source, 2);
                    for (int g = 0; g < 8; g++) memcpy(out8->q + 32 * g + 4 * r, source + 2 + 4 * g, 4);
                    continue;
                }
                memcpy(&out4->scale[r], source, 2);
                // Q4_0 is Q4_1 with the minimum −8 · scale.
                if (type == QK_TYPE_Q4_1) memcpy(&out4->minimum[r], source + 2, 2);
                else out4->minimum[r] = float_to_half(-8 * half_to_float(out4->scale[r]));
                for (int g = 0; g < 4; g++) memcpy(out4->nibbles + 32 * g + 4 * r, source + size - 16 + 4 * g, 4);
            }
        }
}

static void multiply_scalar(
    float *y, size_t stride, const qk_activations *x, const void *packed, qk_matrix kind, size_t m, size_t n, size_t k, size_t first, size_t last) {
    const size_t blocks = k / QK_BLOCK;
    for (size_t column = first * QK_PANEL; column < min_size(last * QK_PANEL, n); column++) {
        const size_t panel = column / QK_PANEL, r = column % QK_PANEL;
        for (size_t row = 0; row < m; row++) {
            float sum = 0;
            for (size_t b = 0; b < blocks; b++) {
                const qk_activations *a = x + row * blocks + b;
                int product = 0;
                if (kind == QK_MATRIX_4BIT) {
                    const block4 *w = (const block4 *)packed + panel * blocks + b;
                    for (int i = 0; i < 16; i++) {
                        const uint8_t pair = w->nibbles[i / 4 * 32 + (int)r * 4 + i % 4];
                        product += (pair & 15) * a->q[i] + (pair >> 4) * a->q[16 + i];
                    }
                    sum = fmaf((float)product, half_to_float(w->scale[r]) * a->scale, sum);
                    sum = fmaf(half_to_float(w->minimum[r]), a->sum, sum);
                } else {
                    const block8 *w = (const block8 *)packed + panel * blocks + b;
                    for (int i = 0; i < QK_BLOCK; i++) product += w->q[i / 4 * 32 + (int)r * 4 + i % 4] * a->q[i];
                    sum = fmaf((float)product, half_to_float(w->scale[r]) * a->scale, sum);
                }
            }
            y[row * stride + column] = sum;
        }
    }
}

#if defined(__x86_64__)
#include "vector_avx2.h"

AVX2 static inline __m256i four(const int8_t *q) {
    int bytes;
    memcpy(&bytes, q, sizeof bytes);
    return _mm256_set1_epi32(bytes);
}

AVX2 static inline __m256 halves(const uint16_t *h) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)h)); }

AVX2 static inline void store(float *y, __m256 v, size_t columns) {
    if (columns >= QK_PANEL) {
        _mm256_storeu_ps(y, v);
    } else {
        float all[QK_PANEL];
        _mm256_storeu_ps(all, v);
        memcpy(y, all, columns * sizeof *all);
    }
}

// ROWS rows of activations against one panel.
// 4 bit: eight products of 15 · 127 · 2 at most stay below 2^15, so they are added as 16-bit numbers.
#define TILE4(ROWS)                                                                                                                     \
    AVX2 static void tile4_##ROWS(float *y, size_t stride, const qk_activations *x, const block4 *w, size_t blocks, size_t columns) {   \
        __m256 sum[ROWS];                                                                                                               \
        for (int r = 0; r < ROWS; r++) sum[r] = _mm256_setzero_ps();                                                                    \
        const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);                                                          \
        for (size_t b = 0; b < blocks; b++, w++) {                                                                                      \
            __m256i group[8];                                                                                                           \
            for (int g = 0; g < 4; g++) {                                                                                               \
                const __m256i pair = _mm256_loadu_si256((const __m256i *)(w->nibbles + 32 * g));                                        \
                group[g] = _mm256_and_si256(pair, low);                                                                                 \
                group[g + 4] = _mm256_and_si256(_mm256_srli_epi16(pair, 4), low);                                                       \
            }                                                                                                                           \
            const __m256 scale = halves(w->scale), minimum = halves(w->minimum);                                                        \
            for (int r = 0; r < ROWS; r++) {                                                                                            \
                const qk_activations *a = x + (size_t)r * blocks + b;                                                                   \
                __m256i product = _mm256_maddubs_epi16(group[0], four(a->q));                                                           \
                for (int g = 1; g < 8; g++)                                                                                             \
                    product = _mm256_add_epi16(product, _mm256_maddubs_epi16(group[g], four(a->q + 4 * g)));                            \
                const __m256 value = _mm256_cvtepi32_ps(_mm256_madd_epi16(product, ones));                                              \
                sum[r] = _mm256_fmadd_ps(value, _mm256_mul_ps(scale, _mm256_set1_ps(a->scale)), sum[r]);                                \
                sum[r] = _mm256_fmadd_ps(minimum, _mm256_set1_ps(a->sum), sum[r]);                                                      \
            }                                                                                                                           \
        }                                                                                                                               \
        for (int r = 0; r < ROWS; r++) store(y + (size_t)r * stride, sum[r], columns);                                                  \
    }
TILE4(4)
TILE4(2)
TILE4(1)

// 8 bit: both factors are signed, so the sign moves from the weight to the activation; each product needs its own widening.
#define TILE8(ROWS)                                                                                                                     \
    AVX2 static void tile8_##ROWS(float *y, size_t stride, const qk_activations *x, const block8 *w, size_t blocks, size_t columns) {   \
        __m256 sum[ROWS];                                                                                                               \
        for (int r = 0; r < ROWS; r++) sum[r] = _mm256_setzero_ps();                                                                    \
        const __m256i ones = _mm256_set1_epi16(1);                                                                                      \
        for (size_t b = 0; b < blocks; b++, w++) {                                                                                      \
            __m256i product[ROWS];                                                                                                      \
            for (int r = 0; r < ROWS; r++) product[r] = _mm256_setzero_si256();                                                         \
            for (int g = 0; g < 8; g++) {                                                                                               \
                const __m256i weights = _mm256_loadu_si256((const __m256i *)(w->q + 32 * g)), size = _mm256_abs_epi8(weights);          \
                for (int r = 0; r < ROWS; r++) {                                                                                        \
                    const __m256i a = _mm256_sign_epi8(four(x[(size_t)r * blocks + b].q + 4 * g), weights);                             \
                    product[r] = _mm256_add_epi32(product[r], _mm256_madd_epi16(_mm256_maddubs_epi16(size, a), ones));                  \
                }                                                                                                                       \
            }                                                                                                                           \
            const __m256 scale = halves(w->scale);                                                                                      \
            for (int r = 0; r < ROWS; r++)                                                                                              \
                sum[r] = _mm256_fmadd_ps(                                                                                               \
                    _mm256_cvtepi32_ps(product[r]), _mm256_mul_ps(scale, _mm256_set1_ps(x[(size_t)r * blocks + b].scale)), sum[r]);     \
        }                                                                                                                               \
        for (int r = 0; r < ROWS; r++) store(y + (size_t)r * stride, sum[r], columns);                                                  \
    }
TILE8(4)
TILE8(2)
TILE8(1)

#define ALL_ROWS(TILE, w)                                                                                                               \
    size_t row = 0;                                                                                                                     \
    for (; row + 4 <= m; row += 4) TILE##_4(out + row * stride, stride, x + row * blocks, w, blocks, columns);                          \
    for (; row + 2 <= m; row += 2) TILE##_2(out + row * stride, stride, x + row * blocks, w, blocks, columns);                          \
    for (; row < m; row++) TILE##_1(out + row * stride, stride, x + row * blocks, w, blocks, columns);

AVX2 static void multiply_avx2(
    float *y, size_t stride, const qk_activations *x, const void *packed, qk_matrix kind, size_t m, size_t n, size_t k, size_t first, size_t last) {
    const size_t blocks = k / QK_BLOCK;
    for (size_t panel = first; panel < last; panel++) {
        const size_t columns = min_size(n - panel * QK_PANEL, QK_PANEL);
        float *out = y + panel * QK_PANEL;
        if (kind == QK_MATRIX_4BIT) {
            const block4 *w = (const block4 *)packed + panel * blocks;
            ALL_ROWS(tile4, w)
        } else {
            const block8 *w = (const block8 *)packed + panel * blocks;
            ALL_ROWS(tile8, w)
        }
    }
}
#endif

void qk_matrix_multiply_at(
    qk_cpu level, float *y, size_t stride, const qk_activations *x, const void *packed, qk_matrix kind, size_t m, size_t n, size_t k, size_t first,
    size_t last) {
#if defined(__x86_64__)
    if (level >= QK_CPU_AVX2) {
        multiply_avx2(y, stride, x, packed, kind, m, n, k, first, last);
        return;
    }
#endif
    (void)level;
    multiply_scalar(y, stride, x, packed, kind, m, n, k, first, last);
}

void qk_matrix_multiply(
    float *y, size_t stride, const qk_activations *x, const void *packed, qk_matrix kind, size_t m, size_t n, size_t k, size_t first, size_t last) {
    qk_matrix_multiply_at(qk_cpu_level(), y, stride, x, packed, kind, m, n, k, first, last);
}
