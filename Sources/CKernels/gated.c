#include "gated.h"

#include "cpu.h"

#include <math.h>

// Both are x · σ(z): z = x for silu; and because (1 + tanh(t)) / 2 = σ(2t), z = 2 √(2/π) (x + 0.044715 x³) for gelu.
static const float gelu_linear = 1.5957691216f, gelu_cubic = 1.5957691216f * 0.044715f;

#if defined(__x86_64__)
#include "vector_avx2.h"

AVX2 static inline __m256 gate_avx2(__m256 x, __m256 z) {
    return _mm256_div_ps(x, _mm256_add_ps(_mm256_set1_ps(1), exp_avx2(_mm256_sub_ps(_mm256_setzero_ps(), z))));
}

AVX2 static void swiglu_avx2(float *gate, const float *up, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        const __m256 x = _mm256_loadu_ps(gate + i);
        _mm256_storeu_ps(gate + i, _mm256_mul_ps(gate_avx2(x, x), _mm256_loadu_ps(up + i)));
    }
}

AVX2 static void geglu_avx2(float *gate, const float *up, size_t n) {
    const __m256 linear = _mm256_set1_ps(gelu_linear), cubic = _mm256_set1_ps(gelu_cubic);
    for (size_t i = 0; i < n; i += 8) {
        const __m256 x = _mm256_loadu_ps(gate + i);
        const __m256 z = _mm256_mul_ps(x, _mm256_fmadd_ps(cubic, _mm256_mul_ps(x, x), linear));
        _mm256_storeu_ps(gate + i, _mm256_mul_ps(gate_avx2(x, z), _mm256_loadu_ps(up + i)));
    }
}
#endif

void qk_swiglu(float *gate, const float *up, size_t n) {
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2 && n % 8 == 0) {
        swiglu_avx2(gate, up, n);
        return;
    }
#endif
    for (size_t i = 0; i < n; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

void qk_geglu(float *gate, const float *up, size_t n) {
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2 && n % 8 == 0) {
        geglu_avx2(gate, up, n);
        return;
    }
#endif
    for (size_t i = 0; i < n; i++) {
        const float x = gate[i], z = x * (gelu_cubic * x * x + gelu_linear);
        gate[i] = x / (1 + expf(-z)) * up[i];
    }
}
