#include "encoder.h"

#include "levels.h"

#include <math.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Queries that a level takes at once at most.
#define QUERIES 8

static size_t padded(size_t tokens) { return (tokens + 15) / 16 * 16; }

size_t qk_encoder_attention_scratch_count(size_t tokens, size_t head_size) { return padded(tokens) * (head_size + QUERIES); }

void qk_layer_norm_scalar(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon) {
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

/// One row after the other, from the keys as they are stored.
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

/// keys (head_size, width) is k transposed, so that scores of several tokens are one vector; zeros beyond `tokens`. `head_size` is a multiple of 4.
static void transpose(float *keys, const float *k, size_t stride, size_t tokens, size_t width, size_t head_size) {
    for (size_t j = 0; j < width; j += 4)
        for (size_t d = 0; d < head_size; d += 4) {
#if defined(__x86_64__)
            __m128 r[4];
            for (size_t i = 0; i < 4; i++) r[i] = j + i < tokens ? _mm_loadu_ps(k + (j + i) * stride + d) : _mm_setzero_ps();
            _MM_TRANSPOSE4_PS(r[0], r[1], r[2], r[3]);
            for (size_t i = 0; i < 4; i++) _mm_storeu_ps(keys + (d + i) * width + j, r[i]);
#else
            for (size_t i = 0; i < 4; i++)
                for (size_t c = 0; c < 4; c++) keys[(d + c) * width + j + i] = j + i < tokens ? k[(j + i) * stride + d + c] : 0;
#endif
        }
}

/// The versions for vectors of which `count` is a multiple.
static const qk_functions *functions(qk_cpu level, size_t count) {
    if (level == QK_CPU_AVX512 && count % 16 != 0) level = QK_CPU_AVX2;
    return qk_functions_at(count % 8 == 0 ? level : QK_CPU_SCALAR);
}

void qk_layer_norm_at(
    qk_cpu level, float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon) {
    functions(level, n)->layer_norm(x, y, weight, bias, m, n, epsilon);
}

void qk_layer_norm(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon) {
    qk_layer_norm_at(qk_cpu_level(), x, y, weight, bias, m, n, epsilon);
}

void qk_encoder_attention_at(
    qk_cpu level, float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size,
    float *scratch) {
    qk_encoder_attention_function *attention = functions(level, head_size)->encoder_attention;
    if (attention == NULL) {
        attention_scalar(out, out_stride, q, k, v, stride, tokens, head_size, scratch);
        return;
    }
    const size_t width = padded(tokens);
    const qk_encoder_job job = {.keys = scratch, .v = v, .stride = stride, .tokens = tokens, .width = width, .head_size = head_size};
    transpose(scratch, k, stride, tokens, width, head_size);
    attention(out, out_stride, q, &job, scratch + head_size * width);
}

void qk_encoder_attention(
    float *out, size_t out_stride, const float *q, const float *k, const float *v, size_t stride, size_t tokens, size_t head_size, float *scratch) {
    qk_encoder_attention_at(qk_cpu_level(), out, out_stride, q, k, v, stride, tokens, head_size, scratch);
}

void qk_pool_mean(float *out, const float *x, size_t m, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = 0;
    for (size_t row = 0; row < m; row++, x += n)
        for (size_t i = 0; i < n; i++) out[i] += x[i];
    // The mean's divisor cancels in the normalisation.
    float squares = 0;
    for (size_t i = 0; i < n; i++) squares += out[i] * out[i];
    const float length = sqrtf(squares);
    for (size_t i = 0; i < n && length != 0; i++) out[i] /= length;
}
