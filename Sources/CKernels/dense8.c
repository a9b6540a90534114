#include "dense8.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// A quantised row: k int8, padded with zeros to whole steps of 64, then an `activation_block` for each block.
// A packed panel: for each block its `weight_block`, then the weights in steps of four columns of W: 16 rows of four bytes each.
// Weights are stored as q + 128, unsigned, as AVX-512's instruction wants one operand.

typedef struct {
    float scale, centre;
    /// −128 · Σ q: what makes unsigned weights' sums those of signed ones.
    int32_t offset;
} activation_block;

typedef struct {
    float scale[QK_DENSE8_PANEL];
    /// scale · Σ q: what the activations' centre is multiplied with.
    float sum[QK_DENSE8_PANEL];
} weight_block;

#define STEP 4

static size_t rounded(size_t count, size_t step) { return (count + step - 1) / step * step; }
static size_t block_count(size_t k) { return (k + QK_DENSE8_BLOCK - 1) / QK_DENSE8_BLOCK; }
/// Steps of four columns in the block that begins at column `start`.
static inline size_t step_count(size_t k, size_t start) {
    const size_t left = k - start;
    return (left < QK_DENSE8_BLOCK ? left + STEP - 1 : QK_DENSE8_BLOCK) / STEP;
}
static size_t panel_byte_count(size_t k) { return block_count(k) * sizeof(weight_block) + rounded(k, STEP) * QK_DENSE8_PANEL; }

size_t qk_dense8_row_byte_count(size_t k) { return rounded(rounded(k, 64) + block_count(k) * sizeof(activation_block), 64); }

size_t qk_dense8_packed_byte_count(size_t n, size_t k) {
    return (n + QK_DENSE8_PANEL - 1) / QK_DENSE8_PANEL * panel_byte_count(k);
}

static const activation_block *activation_blocks(const int8_t *row, size_t k) {
    return (const activation_block *)(const void *)(row + rounded(k, 64));
}

/// To the nearest integer, ties to even, for |x| < 2²²; plain arithmetic, so that loops of it become vectors.
static inline float nearest(float x) { return x + 12582912.0f - 12582912.0f; }

void qk_dense8_pack(void *packed, const float *w, size_t n, size_t k, size_t first, size_t last) {
    for (size_t panel = first; panel < last; panel++) {
        uint8_t *out = (uint8_t *)packed + panel * panel_byte_count(k);
        for (size_t start = 0; start < k; start += QK_DENSE8_BLOCK) {
            weight_block *header = (weight_block *)(void *)out;
            uint8_t *steps = out + sizeof *header;
            const size_t count = k - start < QK_DENSE8_BLOCK ? k - start : QK_DENSE8_BLOCK;
            memset(steps, 128, step_count(k, start) * STEP * QK_DENSE8_PANEL);
            for (size_t j = 0; j < QK_DENSE8_PANEL; j++) {
                header->scale[j] = header->sum[j] = 0;
                if (panel * QK_DENSE8_PANEL + j >= n) continue;
                const float *row = w + (panel * QK_DENSE8_PANEL + j) * k + start;
                float largest = 0, zero = 0;
                for (size_t i = 0; i < count; i++) {
                    const float magnitude = fabsf(row[i]);
                    largest = magnitude > largest ? magnitude : largest;
                    zero += row[i] * 0;
                }
                header->scale[j] = largest / 127 + zero;
                header->sum[j] = zero;
                if (!(largest > 1e-30f) || zero != 0) continue;
                const float inverse = 127 / largest;
                int32_t sum = 0;
                for (size_t i = 0; i < count; i++) {
                    const int32_t q = (int32_t)nearest(row[i] * inverse);
                    sum += q;
                    steps[(i / STEP * QK_DENSE8_PANEL + j) * STEP + i % STEP] = (uint8_t)(q + 128);
                }
                header->sum[j] = header->scale[j] * (float)sum;
            }
            out = steps + step_count(k, start) * STEP * QK_DENSE8_PANEL;
        }
    }
}

// MARK: Quantising activations

/// What a block's smallest and largest element make of it; returns 1 / scale.
static inline float set_scale(activation_block *block, float smallest, float largest) {
    const float range = largest - smallest;
    block->scale = range / 254;
    block->centre = smallest * 0.5f + largest * 0.5f;
    return range > 1e-30f ? 254 / range : 0;
}

static void quantise_scalar(int8_t *row, activation_block *blocks, const float *x, size_t k) {
    for (size_t start = 0; start < k; start += QK_DENSE8_BLOCK, blocks++) {
        const size_t end = k - start < QK_DENSE8_BLOCK ? k : start + QK_DENSE8_BLOCK;
        float smallest = x[start], largest = x[start];
        for (size_t i = start; i < end; i++) {
            smallest = x[i] < smallest ? x[i] : smallest;
            largest = x[i] > largest ? x[i] : largest;
        }
        const float inverse = set_scale(blocks, smallest, largest);
        int32_t sum = 0;
        for (size_t i = start; i < end; i++) {
            const float q = nearest((x[i] - blocks->centre) * inverse);
            // False for what is no number too, whose conversion would be undefined.
            row[i] = q >= -127 && q <= 127 ? (int8_t)q : q > 127 ? 127 : q < -127 ? -127 : 0;
            sum += row[i];
        }
        blocks->offset = -128 * sum;
    }
}

// MARK: Multiplying

static float gelu(float x) { return 0.5f * x * (1 + erff(x * 0.70710678f)); }

/// One column of W, a row of x.
static float multiply_scalar(const int8_t *row, const activation_block *a, const uint8_t *w, size_t j, size_t k) {
    float total = 0;
    for (size_t start = 0; start < k; start += QK_DENSE8_BLOCK, a++) {
        const weight_block *header = (const weight_block *)(const void *)w;
        const size_t steps = step_count(k, start);
        w += sizeof *header;
        int32_t sum = 0;
        for (size_t i = 0; i < steps * STEP; i++) sum += row[start + i] * ((int32_t)w[(i / STEP * QK_DENSE8_PANEL + j) * STEP + i % STEP] - 128);
        total = fmaf((float)sum * a->scale, header->scale[j], total);
        total = fmaf(a->centre, header->sum[j], total);
        w += steps * STEP * QK_DENSE8_PANEL;
    }
    return total;
}

/// `columns` of the panel at `w`, for m rows that are `row_bytes` apart.
typedef void panel_function(
    float *y, size_t stride, const int8_t *rows, size_t row_bytes, const uint8_t *w, const float *bias, size_t m, size_t columns, size_t k,
    qk_activation activation);

static void panel_scalar(
    float *y, size_t stride, const int8_t *rows, size_t row_bytes, const uint8_t *w, const float *bias, size_t m, size_t columns, size_t k,
    qk_activation activation) {
    for (size_t r = 0; r < m; r++, rows += row_bytes, y += stride)
        for (size_t j = 0; j < columns; j++) {
            const float sum = multiply_scalar(rows, activation_blocks(rows, k), w, j, k) + (bias ? bias[j] : 0);
            y[j] = activation == QK_ACTIVATION_GELU ? gelu(sum) : sum;
        }
}

#if defined(__x86_64__)
#include "gelu_x86.h"

AVX2 static void quantise_avx2(int8_t *row, activation_block *blocks, const float *x, size_t k) {
    size_t start = 0;
    for (; start + QK_DENSE8_BLOCK <= k; start += QK_DENSE8_BLOCK, blocks++) {
        __m256 smallest = _mm256_loadu_ps(x + start), largest = smallest;
        for (size_t i = start + 8; i < start + QK_DENSE8_BLOCK; i += 8) {
            const __m256 value = _mm256_loadu_ps(x + i);
            smallest = _mm256_min_ps(smallest, value);
            largest = _mm256_max_ps(largest, value);
        }
        const __m256 minus = _mm256_set1_ps(-0.0f);
        const __m256 inverse = _mm256_set1_ps(set_scale(blocks, -max_avx2(_mm256_xor_ps(smallest, minus)), max_avx2(largest)));
        const __m256 centre = _mm256_set1_ps(blocks->centre);
        __m256i total = _mm256_setzero_si256();
        for (size_t i = start; i < start + QK_DENSE8_BLOCK; i += 32) {
            __m256i n[4];
            for (int v = 0; v < 4; v++) {
                n[v] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i + 8 * v), centre), inverse));
                n[v] = _mm256_min_epi32(_mm256_max_epi32(n[v], _mm256_set1_epi32(-127)), _mm256_set1_epi32(127));
                total = _mm256_add_epi32(total, n[v]);
            }
            // Packing works within halves of a register; the permutation puts the four-byte groups back in order.
            const __m256i words = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3]));
            _mm256_storeu_si256((__m256i *)(row + i), _mm256_permutevar8x32_epi32(words, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
        }
        __m128i half = _mm_add_epi32(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
        blocks->offset = -128 * _mm_cvtsi128_si32(half);
    }
    if (start < k) quantise_scalar(row + start, blocks, x + start, k - start);
}

/// Sixteen columns of `rows` rows. Signed times signed: |w| times x with w's sign, whose pairs fit 16 bits because neither is −128.
AVX2 static inline __attribute__((always_inline)) void tile_avx2(
    const size_t rows, float *y, size_t stride, const int8_t *x, size_t row_bytes, const uint8_t *w, const float *bias, size_t columns, size_t k,
    qk_activation activation) {
    __m256 total[4][2];
    for (size_t r = 0; r < rows; r++) total[r][0] = total[r][1] = _mm256_setzero_ps();
    const __m256i flip = _mm256_set1_epi8((char)0x80), ones = _mm256_set1_epi16(1);
    const size_t panel_bytes = panel_byte_count(k);
    size_t block = 0;
    for (size_t start = 0; start < k; start += QK_DENSE8_BLOCK, block++) {
        const weight_block *header = (const weight_block *)(const void *)w;
        const size_t steps = step_count(k, start);
        w += sizeof *header;
        __m256i sum[4][2];
        for (size_t r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
        for (size_t i = 0; i < steps; i++, w += STEP * QK_DENSE8_PANEL) {
            __builtin_prefetch(w + panel_bytes, 0, 2);
            const __m256i w0 = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)w), flip), m0 = _mm256_abs_epi8(w0);
            const __m256i w1 = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(w + 32)), flip), m1 = _mm256_abs_epi8(w1);
            for (size_t r = 0; r < rows; r++) {
                int32_t four;
                memcpy(&four, x + r * row_bytes + start + i * STEP, sizeof four);
                const __m256i a = _mm256_set1_epi32(four);
                sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(_mm256_maddubs_epi16(m0, _mm256_sign_epi8(a, w0)), ones));
                sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(_mm256_maddubs_epi16(m1, _mm256_sign_epi8(a, w1)), ones));
            }
        }
        for (size_t r = 0; r < rows; r++) {
            const activation_block *a = activation_blocks(x + r * row_bytes, k) + block;
            for (size_t c = 0; c < 2; c++) {
                const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum[r][c]), _mm256_set1_ps(a->scale));
                total[r][c] = _mm256_fmadd_ps(scaled, _mm256_loadu_ps(header->scale + 8 * c), total[r][c]);
                total[r][c] = _mm256_fmadd_ps(_mm256_set1_ps(a->centre), _mm256_loadu_ps(header->sum + 8 * c), total[r][c]);
            }
        }
    }
    float b[QK_DENSE8_PANEL] = {0};
    if (bias) memcpy(b, bias, columns * sizeof *b);
    for (size_t r = 0; r < rows; r++) {
        float all[QK_DENSE8_PANEL];
        float *out = columns == QK_DENSE8_PANEL ? y + r * stride : all;
        for (size_t c = 0; c < 2; c++) {
            __m256 value = _mm256_add_ps(total[r][c], _mm256_loadu_ps(b + 8 * c));
            if (activation == QK_ACTIVATION_GELU) value = gelu_avx2(value);
            _mm256_storeu_ps(out + 8 * c, value);
        }
        if (out == all) memcpy(y + r * stride, all, columns * sizeof *all);
    }
}

AVX2 static void panel_avx2(
    float *y, size_t stride, const int8_t *rows, size_t row_bytes, const uint8_t *w, const float *bias, size_t m, size_t columns, size_t k,
    qk_activation activation) {
    size_t r = 0;
    for (; r + 4 <= m; r += 4) tile_avx2(4, y + r * stride, stride, rows + r * row_bytes, row_bytes, w, bias, columns, k, activation);
    for (; r + 2 <= m; r += 2) tile_avx2(2, y + r * stride, stride, rows + r * row_bytes, row_bytes, w, bias, columns, k, activation);
    for (; r < m; r++) tile_avx2(1, y + r * stride, stride, rows + r * row_bytes, row_bytes, w, bias, columns, k, activation);
}

AVX512 static void quantise_avx512(int8_t *row, activation_block *blocks, const float *x, size_t k) {
    size_t start = 0;
    for (; start + QK_DENSE8_BLOCK <= k; start += QK_DENSE8_BLOCK, blocks++) {
        __m512 v[QK_DENSE8_BLOCK / 16];
        for (int i = 0; i < QK_DENSE8_BLOCK / 16; i++) v[i] = _mm512_loadu_ps(x + start + 16 * i);
        __m512 smallest = v[0], largest = v[0];
        for (int i = 1; i < QK_DENSE8_BLOCK / 16; i++) smallest = _mm512_min_ps(smallest, v[i]), largest = _mm512_max_ps(largest, v[i]);
        const __m512 inverse = _mm512_set1_ps(set_scale(blocks, _mm512_reduce_min_ps(smallest), _mm512_reduce_max_ps(largest)));
        const __m512 centre = _mm512_set1_ps(blocks->centre);
        __m512i total = _mm512_setzero_si512();
        for (int i = 0; i < QK_DENSE8_BLOCK / 16; i++) {
            __m512i n = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_sub_ps(v[i], centre), inverse));
            n = _mm512_min_epi32(_mm512_max_epi32(n, _mm512_set1_epi32(-127)), _mm512_set1_epi32(127));
            total = _mm512_add_epi32(total, n);
            _mm_storeu_si128((__m128i *)(row + start + 16 * i), _mm512_cvtepi32_epi8(n));
        }
        blocks->offset = -128 * _mm512_reduce_add_epi32(total);
    }
    if (start < k) quantise_scalar(row + start, blocks, x + start, k - start);
}

/// Sixteen columns each of `panels` panels that follow each other, of `rows` rows.
AVX512 static inline __attribute__((always_inline)) void tile_avx512(
    const size_t rows, const size_t panels, float *y, size_t stride, const int8_t *x, size_t row_bytes, const uint8_t *w, const float *bias,
    size_t columns, size_t k, qk_activation activation) {
    __m512 total[6][2];
    for (size_t r = 0; r < rows; r++)
        for (size_t p = 0; p < panels; p++) total[r][p] = _mm512_setzero_ps();
    const size_t panel_bytes = panel_byte_count(k);
    size_t block = 0;
    for (size_t start = 0; start < k; start += QK_DENSE8_BLOCK, block++) {
        const uint8_t *header = w;
        const size_t steps = step_count(k, start);
        w += sizeof(weight_block);
        __m512i sum[6][2];
        for (size_t r = 0; r < rows; r++) {
            const __m512i offset = _mm512_set1_epi32(activation_blocks(x + r * row_bytes, k)[block].offset);
            for (size_t p = 0; p < panels; p++) sum[r][p] = offset;
        }
        for (size_t i = 0; i < steps; i++, w += STEP * QK_DENSE8_PANEL) {
            __m512i weights[2];
            for (size_t p = 0; p < panels; p++) weights[p] = _mm512_loadu_si512(w + p * panel_bytes);
            for (size_t r = 0; r < rows; r++) {
                int32_t four;
                memcpy(&four, x + r * row_bytes + start + i * STEP, sizeof four);
                const __m512i a = _mm512_set1_epi32(four);
                for (size_t p = 0; p < panels; p++) sum[r][p] = _mm512_dpbusd_epi32(sum[r][p], weights[p], a);
            }
        }
        for (size_t p = 0; p < panels; p++) {
            const weight_block *of_panel = (const weight_block *)(const void *)(header + p * panel_bytes);
            const __m512 scale = _mm512_loadu_ps(of_panel->scale), sums = _mm512_loadu_ps(of_panel->sum);
            for (size_t r = 0; r < rows; r++) {
                const activation_block *a = activation_blocks(x + r * row_bytes, k) + block;
                total[r][p] = _mm512_fmadd_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum[r][p]), _mm512_set1_ps(a->scale)), scale, total[r][p]);
                total[r][p] = _mm512_fmadd_ps(_mm512_set1_ps(a->centre), sums, total[r][p]);
            }
        }
    }
    for (size_t p = 0; p < panels; p++) {
        const size_t left = columns - p * QK_DENSE8_PANEL;
        const __mmask16 mask = left < QK_DENSE8_PANEL ? (__mmask16)((1u << left) - 1) : 0xFFFF;
        const __m512 b = bias ? _mm512_maskz_loadu_ps(mask, bias + p * QK_DENSE8_PANEL) : _mm512_setzero_ps();
        for (size_t r = 0; r < rows; r++) {
            __m512 value = _mm512_add_ps(total[r][p], b);
            if (activation == QK_ACTIVATION_GELU) value = gelu_avx512(value);
            _mm512_mask_storeu_ps(y + r * stride + p * QK_DENSE8_PANEL, mask, value);
        }
    }
}

#define ROWS_AVX512(ROWS, PANELS)      \
    for (; r + ROWS <= m; r += ROWS)   \
        tile_avx512(ROWS, PANELS, y + r * stride, stride, rows + r * row_bytes, row_bytes, w, bias, columns, k, activation);

AVX512 static void panel_avx512(
    float *y, size_t stride, const int8_t *rows, size_t row_bytes, const uint8_t *w, const float *bias, size_t m, size_t columns, size_t k,
    qk_activation activation) {
    size_t r = 0;
    ROWS_AVX512(6, 1)
    ROWS_AVX512(4, 1)
    ROWS_AVX512(2, 1)
    ROWS_AVX512(1, 1)
}

/// Two panels at once: each activation that is loaded meets 32 weights.
AVX512 static void panel_pair_avx512(
    float *y, size_t stride, const int8_t *rows, size_t row_bytes, const uint8_t *w, const float *bias, size_t m, size_t columns, size_t k,
    qk_activation activation) {
    size_t r = 0;
    ROWS_AVX512(6, 2)
    ROWS_AVX512(4, 2)
    ROWS_AVX512(2, 2)
    ROWS_AVX512(1, 2)
}
#elif defined(__aarch64__)
#include <arm_neon.h>

#define NEON __attribute__((target("dotprod")))

/// Sixteen columns of `rows` rows.
NEON static inline __attribute__((always_inline)) void tile_neon(
    const size_t rows, float *y, size_t stride, const int8_t *x, size_t row_bytes, const uint8_t *w, const float *bias, size_t columns, size_t k,
    qk_activation activation) {
    float32x4_t total[4][4];
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < 4; c++) total[r][c] = vdupq_n_f32(0);
    size_t block = 0;
    for (size_t start = 0; start < k; start += QK_DENSE8_BLOCK, block++) {
        const weight_block *header = (const weight_block *)(const void *)w;
        const size_t steps = step_count(k, start);
        w += sizeof *header;
        int32x4_t sum[4][4];
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < 4; c++) sum[r][c] = vdupq_n_s32(0);
        for (size_t i = 0; i < steps; i++, w += STEP * QK_DENSE8_PANEL) {
            int8x16_t weights[4];
            for (size_t c = 0; c < 4; c++) weights[c] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(w + 16 * c), vdupq_n_u8(0x80)));
            for (size_t r = 0; r < rows; r++) {
                int32_t four;
                memcpy(&four, x + r * row_bytes + start + i * STEP, sizeof four);
                const int8x16_t a = vreinterpretq_s8_s32(vdupq_n_s32(four));
                for (size_t c = 0; c < 4; c++) sum[r][c] = vdotq_s32(sum[r][c], weights[c], a);
            }
        }
        for (size_t r = 0; r < rows; r++) {
            const activation_block *a = activation_blocks(x + r * row_bytes, k) + block;
            for (size_t c = 0; c < 4; c++) {
                total[r][c] = vfmaq_f32(total[r][c], vmulq_n_f32(vcvtq_f32_s32(sum[r][c]), a->scale), vld1q_f32(header->scale + 4 * c));
                total[r][c] = vfmaq_f32(total[r][c], vdupq_n_f32(a->centre), vld1q_f32(header->sum + 4 * c));
            }
        }
    }
    for (size_t r = 0; r < rows; r++) {
        float all[QK_DENSE8_PANEL];
        for (size_t c = 0; c < 4; c++) vst1q_f32(all + 4 * c, total[r][c]);
        for (size_t j = 0; j < columns; j++) {
            const float value = all[j] + (bias ? bias[j] : 0);
            y[r * stride + j] = activation == QK_ACTIVATION_GELU ? gelu(value) : value;
        }
    }
}

NEON static void panel_neon(
    float *y, size_t stride, const int8_t *rows, size_t row_bytes, const uint8_t *w, const float *bias, size_t m, size_t columns, size_t k,
    qk_activation activation) {
    size_t r = 0;
    for (; r + 4 <= m; r += 4) tile_neon(4, y + r * stride, stride, rows + r * row_bytes, row_bytes, w, bias, columns, k, activation);
    for (; r < m; r++) tile_neon(1, y + r * stride, stride, rows + r * row_bytes, row_bytes, w, bias, columns, k, activation);
}
#endif

// MARK: Choosing

void qk_dense8_quantise_at(qk_cpu level, void *rows, const float *x, size_t m, size_t k) {
    const size_t row_bytes = qk_dense8_row_byte_count(k), padded = rounded(k, 64);
    void (*quantise)(int8_t *, activation_block *, const float *, size_t) = quantise_scalar;
#if defined(__x86_64__)
    if (level == QK_CPU_AVX2) quantise = quantise_avx2;
    if (level == QK_CPU_AVX512) quantise = quantise_avx512;
#endif
    (void)level;
    for (size_t r = 0; r < m; r++) {
        int8_t *row = (int8_t *)rows + r * row_bytes;
        memset(row + k, 0, padded - k);
        quantise(row, (activation_block *)(void *)(row + padded), x + r * k, k);
    }
}

void qk_dense8_quantise(void *rows, const float *x, size_t m, size_t k) { qk_dense8_quantise_at(qk_cpu_level(), rows, x, m, k); }

void qk_dense8_at(
    qk_cpu level, float *y, const void *rows, const void *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation,
    size_t first, size_t last) {
    const size_t row_bytes = qk_dense8_row_byte_count(k), panel_bytes = panel_byte_count(k);
    panel_function *one = panel_scalar, *two = NULL;
#if defined(__x86_64__)
    if (level == QK_CPU_AVX2) one = panel_avx2;
    if (level == QK_CPU_AVX512) one = panel_avx512, two = panel_pair_avx512;
#elif defined(__aarch64__)
    if (level == QK_CPU_NEON) one = panel_neon;
#endif
    (void)level;
    while (first < last && first * QK_DENSE8_PANEL < n) {
        const size_t column = first * QK_DENSE8_PANEL, count = two && first + 2 <= last && column + QK_DENSE8_PANEL < n ? 2 : 1;
        const size_t columns = n - column < count * QK_DENSE8_PANEL ? n - column : count * QK_DENSE8_PANEL;
        (count == 2 ? two : one)(
            y + column, n, rows, row_bytes, (const uint8_t *)packed + first * panel_bytes, bias ? bias + column : NULL, m, columns, k, activation);
        first += count;
    }
}

void qk_dense8(
    float *y, const void *rows, const void *packed, const float *bias, size_t m, size_t n, size_t k, qk_activation activation, size_t first,
    size_t last) {
    qk_dense8_at(qk_cpu_level(), y, rows, packed, bias, m, n, k, activation, first, last);
}
