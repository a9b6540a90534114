#include "encoder.h"

#include "cpu.h"

#include <math.h>

static size_t padded(size_t tokens) { return (tokens + 7) / 8 * 8; }

size_t qk_encoder_attention_scratch_count(size_t tokens, size_t head_size) { return padded(tokens) * (head_size + 1); }

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

AVX2 static void attention_avx2(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch) {
    const size_t width = padded(tokens);
    float *keys = scratch;                         // (head_size, width): k transposed, so that scores of 8 tokens are one vector
    float *scores = scratch + head_size * width;  // (width)
    for (size_t d = 0; d < head_size; d++)
        for (size_t j = 0; j < width; j++) keys[d * width + j] = j < tokens ? k[j * stride + d] : 0;

    const __m256 scale = _mm256_set1_ps(1 / sqrtf((float)head_size));
    for (size_t i = 0; i < tokens; i++) {
        const float *query = q + i * stride;
        __m256 largest = _mm256_set1_ps(-INFINITY);
        for (size_t j = 0; j < width; j += 8) {
            __m256 score = _mm256_setzero_ps();
            for (size_t d = 0; d < head_size; d++)
                score = _mm256_fmadd_ps(_mm256_broadcast_ss(query + d), _mm256_loadu_ps(keys + d * width + j), score);
            score = _mm256_mul_ps(score, scale);
            if (j + 8 > tokens) {  // what pads the sequence gets no weight
                const __m256i lane = _mm256_add_epi32(_mm256_set1_epi32((int)j), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
                const __m256 inside = _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)tokens), lane));
                score = _mm256_blendv_ps(_mm256_set1_ps(-1e30f), score, inside);
            }
            largest = _mm256_max_ps(largest, score);
            _mm256_storeu_ps(scores + j, score);
        }
        const __m256 top = _mm256_set1_ps(max_avx2(largest));
        __m256 total = _mm256_setzero_ps();
        for (size_t j = 0; j < width; j += 8) {
            __m256 weight = exp_avx2(_mm256_sub_ps(_mm256_loadu_ps(scores + j), top));
            if (j + 8 > tokens) {
                const __m256i lane = _mm256_add_epi32(_mm256_set1_epi32((int)j), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
                weight = _mm256_and_ps(weight, _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)tokens), lane)));
            }
            total = _mm256_add_ps(total, weight);
            _mm256_storeu_ps(scores + j, weight);
        }
        const __m256 normaliser = _mm256_set1_ps(1 / sum_avx2(total));
        __m256 sums[8];
        const size_t vectors = head_size / 8;
        for (size_t d = 0; d < vectors; d++) sums[d] = _mm256_setzero_ps();
        for (size_t j = 0; j < tokens; j++) {
            const __m256 weight = _mm256_broadcast_ss(scores + j);
            for (size_t d = 0; d < vectors; d++) sums[d] = _mm256_fmadd_ps(weight, _mm256_loadu_ps(v + j * stride + 8 * d), sums[d]);
        }
        for (size_t d = 0; d < vectors; d++) _mm256_storeu_ps(out + i * out_stride + 8 * d, _mm256_mul_ps(sums[d], normaliser));
    }
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
    if (qk_cpu_level() >= QK_CPU_AVX2 && head_size % 8 == 0 && head_size <= 64) {
        attention_avx2(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
        return;
    }
#endif
    attention_scalar(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
}
