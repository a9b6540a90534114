#include "encoder.h"

#include "cpu.h"

#include <math.h>

/// Queries that go through attention together, so that each key and value is loaded once for all of them: as many as registers hold.
#define QUERIES 4
#define QUERIES_AVX512 8

static size_t padded(size_t tokens) { return (tokens + 15) / 16 * 16; }

size_t qk_encoder_attention_scratch_count(size_t tokens, size_t head_size) { return padded(tokens) * (head_size + QUERIES_AVX512); }

static void attention_scalar(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch) {
    const float scale = 1 / sqrtf((float)head_size);
    for (size_t i = 0; i < tokens; i++) {
        float largest = -INFINITY, total = 0;
        for (size_t j = 0; j < tokens; j++) {
            float score = 0;
            for (size_t d = 0; d < head_size; d++) score += q[i * stride + d] * k[j * stride + d];
            scratch[j] = score * scale;
            largest = fmaxf(largest, scratch[j]);
        }
        for (size_t j = 0; j < tokens; j++) total += scratch[j] = expf(scratch[j] - largest);
        for (size_t d = 0; d < head_size; d++) {
            float sum = 0;
            for (size_t j = 0; j < tokens; j++) sum += scratch[j] * v[j * stride + d];
            out[i * out_stride + d] = sum / total;
        }
    }
}

#if defined(__x86_64__)
#include "vector_avx2.h"
#include "vector_avx512.h"

/// keys (head_size, padded tokens) is k transposed, so that scores of several tokens are one vector; zeros beyond `tokens`.
/// `head_size` is a multiple of 4.
static void transpose(float *keys, const float *k, size_t stride, size_t tokens, size_t head_size) {
    const size_t width = padded(tokens);
    for (size_t j = 0; j < width; j += 4)
        for (size_t d = 0; d < head_size; d += 4) {
            __m128 r[4];
            for (size_t i = 0; i < 4; i++) r[i] = j + i < tokens ? _mm_loadu_ps(k + (j + i) * stride + d) : _mm_setzero_ps();
            _MM_TRANSPOSE4_PS(r[0], r[1], r[2], r[3]);
            for (size_t i = 0; i < 4; i++) _mm_storeu_ps(keys + (d + i) * width + j, r[i]);
        }
}

/// A whole vector's worth of ones in the lanes of tokens `first … first + 7` that exist.
AVX2 static inline __m256 inside_avx2(size_t first, size_t tokens) {
    const __m256i lane = _mm256_add_epi32(_mm256_set1_epi32((int)first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)tokens), lane));
}

/// A row of scores becomes e^(score − largest), nothing beyond `tokens`; returns 1 / their sum.
AVX2 static inline float soften_avx2(float *scores, size_t tokens, size_t width) {
    __m256 largest = _mm256_set1_ps(-INFINITY), total = _mm256_setzero_ps();
    for (size_t j = 0; j < width; j += 8)
        largest = _mm256_max_ps(largest, _mm256_blendv_ps(_mm256_set1_ps(-1e30f), _mm256_loadu_ps(scores + j), inside_avx2(j, tokens)));
    const __m256 top = _mm256_set1_ps(max_avx2(largest));
    for (size_t j = 0; j < width; j += 8) {
        const __m256 weight = _mm256_and_ps(exp_avx2(_mm256_sub_ps(_mm256_loadu_ps(scores + j), top)), inside_avx2(j, tokens));
        total = _mm256_add_ps(total, weight);
        _mm256_storeu_ps(scores + j, weight);
    }
    return 1 / sum_avx2(total);
}

/// COLUMNS · 8 columns of out for `rows` queries: their weights times v. Inlined with constants, so that `sum` is registers.
AVX2 static inline __attribute__((always_inline)) void mix_avx2(
    const size_t rows, const size_t columns, float *out, size_t out_stride, const float *scores, const float *normaliser, const float *v, size_t stride,
    size_t tokens, size_t width) {
    __m256 sum[QUERIES][2];
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) sum[r][c] = _mm256_setzero_ps();
    for (size_t j = 0; j < tokens; j++) {
        __m256 value[2];
        for (size_t c = 0; c < columns; c++) value[c] = _mm256_loadu_ps(v + j * stride + 8 * c);
        for (size_t r = 0; r < rows; r++) {
            const __m256 weight = _mm256_broadcast_ss(scores + r * width + j);
            for (size_t c = 0; c < columns; c++) sum[r][c] = _mm256_fmadd_ps(weight, value[c], sum[r][c]);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            _mm256_storeu_ps(out + r * out_stride + 8 * c, _mm256_mul_ps(sum[r][c], _mm256_set1_ps(normaliser[r])));
}

/// `rows` queries against all keys. Each score is a sum over d in order and each output one over j in order, whatever `rows` is.
AVX2 static inline __attribute__((always_inline)) void attend_avx2(
    const size_t rows, float *out, size_t out_stride, const float *q, const float *keys, const float *v, size_t stride, size_t tokens,
    size_t head_size, float *scores) {
    const size_t width = padded(tokens);
    const __m256 scale = _mm256_set1_ps(1 / sqrtf((float)head_size));
    for (size_t j = 0; j < width; j += 16) {
        __m256 sum[QUERIES][2];
        for (size_t r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm256_setzero_ps();
        for (size_t d = 0; d < head_size; d++) {
            const __m256 k0 = _mm256_loadu_ps(keys + d * width + j), k1 = _mm256_loadu_ps(keys + d * width + j + 8);
            for (size_t r = 0; r < rows; r++) {
                const __m256 query = _mm256_broadcast_ss(q + r * stride + d);
                sum[r][0] = _mm256_fmadd_ps(query, k0, sum[r][0]);
                sum[r][1] = _mm256_fmadd_ps(query, k1, sum[r][1]);
            }
        }
        for (size_t r = 0; r < rows; r++) {
            _mm256_storeu_ps(scores + r * width + j, _mm256_mul_ps(sum[r][0], scale));
            _mm256_storeu_ps(scores + r * width + j + 8, _mm256_mul_ps(sum[r][1], scale));
        }
    }
    float normaliser[QUERIES];
    for (size_t r = 0; r < rows; r++) normaliser[r] = soften_avx2(scores + r * width, tokens, width);
    size_t d = 0;
    for (; d + 16 <= head_size; d += 16) mix_avx2(rows, 2, out + d, out_stride, scores, normaliser, v + d, stride, tokens, width);
    for (; d < head_size; d += 8) mix_avx2(rows, 1, out + d, out_stride, scores, normaliser, v + d, stride, tokens, width);
}

AVX2 static void attention_avx2(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch) {
    float *keys = scratch, *scores = scratch + head_size * padded(tokens);
    transpose(keys, k, stride, tokens, head_size);
    size_t i = 0;
    for (; i + QUERIES <= tokens; i += QUERIES)
        attend_avx2(QUERIES, out + i * out_stride, out_stride, q + i * stride, keys, v, stride, tokens, head_size, scores);
    for (; i < tokens; i++) attend_avx2(1, out + i * out_stride, out_stride, q + i * stride, keys, v, stride, tokens, head_size, scores);
}

/// e^x for x ≤ 0, as `exp_avx2`.
AVX512 static inline __m512 exp_avx512(__m512 x) {
    x = _mm512_max_ps(x, _mm512_set1_ps(-87.0f));
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.0f / 720);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    return _mm512_scalef_ps(p, n);
}

AVX512 static inline __mmask16 inside_avx512(size_t first, size_t tokens) {
    return first + 16 <= tokens ? 0xFFFF : (__mmask16)((1u << (tokens - first)) - 1);
}

AVX512 static inline float soften_avx512(float *scores, size_t tokens) {
    __m512 largest = _mm512_set1_ps(-INFINITY), total = _mm512_setzero_ps();
    for (size_t j = 0; j < tokens; j += 16)
        largest = _mm512_mask_max_ps(largest, inside_avx512(j, tokens), largest, _mm512_loadu_ps(scores + j));
    const __m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
    for (size_t j = 0; j < tokens; j += 16) {
        const __m512 weight = _mm512_maskz_mov_ps(inside_avx512(j, tokens), exp_avx512(_mm512_sub_ps(_mm512_loadu_ps(scores + j), top)));
        total = _mm512_add_ps(total, weight);
        _mm512_storeu_ps(scores + j, weight);
    }
    return 1 / _mm512_reduce_add_ps(total);
}

/// `vectors` · 16 columns of out for `rows` queries.
AVX512 static inline __attribute__((always_inline)) void mix_avx512(
    const size_t rows, const size_t vectors, float *out, size_t out_stride, const float *scores, const float *normaliser, const float *v,
    size_t stride, size_t tokens, size_t width) {
    __m512 sum[QUERIES_AVX512][2];
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < vectors; c++) sum[r][c] = _mm512_setzero_ps();
    for (size_t j = 0; j < tokens; j++) {
        __m512 value[2];
        for (size_t c = 0; c < vectors; c++) value[c] = _mm512_loadu_ps(v + j * stride + 16 * c);
        for (size_t r = 0; r < rows; r++) {
            const __m512 weight = _mm512_set1_ps(scores[r * width + j]);
            for (size_t c = 0; c < vectors; c++) sum[r][c] = _mm512_fmadd_ps(weight, value[c], sum[r][c]);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < vectors; c++)
            _mm512_storeu_ps(out + r * out_stride + 16 * c, _mm512_mul_ps(sum[r][c], _mm512_set1_ps(normaliser[r])));
}

/// Scores of `rows` queries for `vectors` · 16 keys.
AVX512 static inline __attribute__((always_inline)) void score_avx512(
    const size_t rows, const size_t vectors, float *scores, const float *q, const float *keys, size_t stride, size_t head_size, size_t width) {
    const __m512 scale = _mm512_set1_ps(1 / sqrtf((float)head_size));
    __m512 sum[QUERIES_AVX512][2];
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < vectors; c++) sum[r][c] = _mm512_setzero_ps();
    for (size_t d = 0; d < head_size; d++) {
        __m512 key[2];
        for (size_t c = 0; c < vectors; c++) key[c] = _mm512_loadu_ps(keys + d * width + 16 * c);
        for (size_t r = 0; r < rows; r++) {
            const __m512 query = _mm512_set1_ps(q[r * stride + d]);
            for (size_t c = 0; c < vectors; c++) sum[r][c] = _mm512_fmadd_ps(query, key[c], sum[r][c]);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < vectors; c++) _mm512_storeu_ps(scores + r * width + 16 * c, _mm512_mul_ps(sum[r][c], scale));
}

AVX512 static inline __attribute__((always_inline)) void attend_avx512(
    const size_t rows, float *out, size_t out_stride, const float *q, const float *keys, const float *v, size_t stride, size_t tokens,
    size_t head_size, float *scores) {
    const size_t width = padded(tokens);
    size_t j = 0;
    for (; j + 32 <= width; j += 32) score_avx512(rows, 2, scores + j, q, keys + j, stride, head_size, width);
    for (; j < width; j += 16) score_avx512(rows, 1, scores + j, q, keys + j, stride, head_size, width);
    float normaliser[QUERIES_AVX512];
    for (size_t r = 0; r < rows; r++) normaliser[r] = soften_avx512(scores + r * width, tokens);
    size_t d = 0;
    for (; d + 32 <= head_size; d += 32) mix_avx512(rows, 2, out + d, out_stride, scores, normaliser, v + d, stride, tokens, width);
    for (; d < head_size; d += 16) mix_avx512(rows, 1, out + d, out_stride, scores, normaliser, v + d, stride, tokens, width);
}

AVX512 static void attention_avx512(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch) {
    float *keys = scratch, *scores = scratch + head_size * padded(tokens);
    transpose(keys, k, stride, tokens, head_size);
    size_t i = 0;
    for (; i + QUERIES_AVX512 <= tokens; i += QUERIES_AVX512)
        attend_avx512(QUERIES_AVX512, out + i * out_stride, out_stride, q + i * stride, keys, v, stride, tokens, head_size, scores);
    for (; i + 2 <= tokens; i += 2) attend_avx512(2, out + i * out_stride, out_stride, q + i * stride, keys, v, stride, tokens, head_size, scores);
    for (; i < tokens; i++) attend_avx512(1, out + i * out_stride, out_stride, q + i * stride, keys, v, stride, tokens, head_size, scores);
}
#endif

void qk_encoder_attention_at(
    qk_cpu level, float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size,
    float *scratch) {
#if defined(__x86_64__)
    if (level == QK_CPU_AVX512 && head_size % 16 == 0) {
        attention_avx512(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
        return;
    }
    if (level >= QK_CPU_AVX2 && head_size % 8 == 0) {
        attention_avx2(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
        return;
    }
#endif
    (void)level;
    attention_scalar(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
}

void qk_encoder_attention(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch) {
    qk_encoder_attention_at(qk_cpu_level(), out, out_stride, q, k, v, stride, tokens, head_size, scratch);
}
