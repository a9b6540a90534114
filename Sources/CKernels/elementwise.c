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

AVX2 static void swiglu_avx2(float *gate, const float *up, size_t n) {
    const __m256 one = _mm256_set1_ps(1);
    for (size_t i = 0; i < n; i += 8) {
        const __m256 x = _mm256_loadu_ps(gate + i);
        const __m256 silu = _mm256_div_ps(x, _mm256_add_ps(one, exp_avx2(_mm256_sub_ps(_mm256_setzero_ps(), x))));
        _mm256_storeu_ps(gate + i, _mm256_mul_ps(silu, _mm256_loadu_ps(up + i)));
    }
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

void qk_swiglu(float *gate, const float *up, size_t n) {
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2 && n % 8 == 0) {
        swiglu_avx2(gate, up, n);
        return;
    }
#endif
    for (size_t i = 0; i < n; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

void qk_rope_pairs(float *head, const float *cosine, const float *sine, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) {
        const float x0 = head[2 * i], x1 = head[2 * i + 1];
        head[2 * i] = x0 * cosine[i] - x1 * sine[i];
        head[2 * i + 1] = x0 * sine[i] + x1 * cosine[i];
    }
}
