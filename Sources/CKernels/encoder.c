#include "encoder.h"

#include "cpu.h"

#include <math.h>

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
