#include "encoder.h"

#include "cpu.h"

#include <math.h>

/// Queries that go through attention together, so that each key and value is loaded once for all of them.
#define QUERIES 4

static size_t padded(size_t tokens) { return (tokens + 15) / 16 * 16; }

size_t qk_encoder_attention_scratch_count(size_t tokens, size_t head_size) { return padded(tokens) * (head_size + QUERIES); }

static void layer_norm_scalar(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon) {
    for (size_t row = 0; row < m; row++, x += n, y = y ? y + n : NULL) {
        float mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) {
            if (y) x[i] += y[i];
            mean += x[i];
        }
        mean /= (float)n;
        for (size_t i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean);
        const float scale = 1 / sqrtf(variance / (float)n + epsilon);
        for (size_t i = 0; i < n; i++) x[i] = (x[i] - mean) * scale * weight[i] + bias[i];
    }
}

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

AVX2 static void layer_norm_avx2(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon) {
    for (size_t row = 0; row < m; row++, x += n, y = y ? y + n : NULL) {
        __m256 sum = _mm256_setzero_ps();
        for (size_t i = 0; i < n; i += 8) {
            __m256 value = _mm256_loadu_ps(x + i);
            if (y) value = _mm256_add_ps(value, _mm256_loadu_ps(y + i));
            _mm256_storeu_ps(x + i, value);
            sum = _mm256_add_ps(sum, value);
        }
        const __m256 mean = _mm256_set1_ps(sum_avx2(sum) / (float)n);
        __m256 squares = _mm256_setzero_ps();
        for (size_t i = 0; i < n; i += 8) {
            const __m256 centred = _mm256_sub_ps(_mm256_loadu_ps(x + i), mean);
            squares = _mm256_fmadd_ps(centred, centred, squares);
        }
        const __m256 scale = _mm256_set1_ps(1 / sqrtf(sum_avx2(squares) / (float)n + epsilon));
        for (size_t i = 0; i < n; i += 8) {
            const __m256 normal = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i), mean), scale);
            _mm256_storeu_ps(x + i, _mm256_fmadd_ps(normal, _mm256_loadu_ps(weight + i), _mm256_loadu_ps(bias + i)));
        }
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
    const size_t width = padded(tokens);
    float *keys = scratch;                         // (head_size, width): k transposed, so that scores of 8 tokens are one vector
    float *scores = scratch + head_size * width;  // (QUERIES, width)
    for (size_t d = 0; d < head_size; d++)
        for (size_t j = 0; j < width; j++) keys[d * width + j] = j < tokens ? k[j * stride + d] : 0;
    size_t i = 0;
    for (; i + QUERIES <= tokens; i += QUERIES)
        attend_avx2(QUERIES, out + i * out_stride, out_stride, q + i * stride, keys, v, stride, tokens, head_size, scores);
    for (; i < tokens; i++) attend_avx2(1, out + i * out_stride, out_stride, q + i * stride, keys, v, stride, tokens, head_size, scores);
}
#endif

void qk_layer_norm(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon) {
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2 && n % 8 == 0) {
        layer_norm_avx2(x, y, weight, bias, m, n, epsilon);
        return;
    }
#endif
    layer_norm_scalar(x, y, weight, bias, m, n, epsilon);
}

void qk_encoder_attention(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch) {
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2 && head_size % 8 == 0) {
        attention_avx2(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
        return;
    }
#endif
    attention_scalar(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
}
