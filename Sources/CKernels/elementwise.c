#include "elementwise.h"

#include "cpu.h"

#include <math.h>

#if defined(__x86_64__)
#include "vector_avx2.h"

AVX2 static void rms_norm_avx2(float *y, const float *x, const float *weight, size_t n, float epsilon) {
    __m256 squares = _mm256_setzero_ps();
    for (size_t i = 0; i < n; i += 8) {
        const __m256 value = _mm256_loadu_ps(x + i);
        squares = _mm256_fmadd_ps(value, value, squares);
    }
    const __m256 scale = _mm256_set1_ps(1 / sqrtf(sum_avx2(squares) / (float)n + epsilon));
    for (size_t i = 0; i < n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(x + i), scale), _mm256_loadu_ps(weight + i)));
}
#endif

void qk_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon) {
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2 && n % 8 == 0) {
        rms_norm_avx2(y, x, weight, n, epsilon);
        return;
    }
#endif
    float squares = 0;
    for (size_t i = 0; i < n; i++) squares += x[i] * x[i];
    const float scale = 1 / sqrtf(squares / (float)n + epsilon);
    for (size_t i = 0; i < n; i++) y[i] = x[i] * scale * weight[i];
}

void qk_add(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}
