// x · Φ(x) for vectors of floats.
#ifndef QUARRY_GELU_X86_H
#define QUARRY_GELU_X86_H

#include "vector_avx2.h"
#include "vector_avx512.h"

// The error function by Abramowitz & Stegun 7.1.28: 1 − (1 + a1 z + … + a6 z⁶)^−16 for z ≥ 0, |error| ≤ 3e-7. Beyond 4.2 it is 1 in single precision.
#define ERF_A1 0.0705230784f
#define ERF_A2 0.0422820123f
#define ERF_A3 0.0092705272f
#define ERF_A4 0.0001520143f
#define ERF_A5 0.0002765672f
#define ERF_A6 0.0000430638f
#define ERF_LIMIT 4.2f

AVX2 static inline __m256 gelu_avx2(__m256 x) {
    const __m256 minus = _mm256_set1_ps(-0.0f);
    const __m256 z = _mm256_min_ps(_mm256_andnot_ps(minus, _mm256_mul_ps(x, _mm256_set1_ps(0.70710678f))), _mm256_set1_ps(ERF_LIMIT));
    __m256 p = _mm256_fmadd_ps(_mm256_set1_ps(ERF_A6), z, _mm256_set1_ps(ERF_A5));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(ERF_A4));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(ERF_A3));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(ERF_A2));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(ERF_A1));
    p = _mm256_fmadd_ps(p, z, _mm256_set1_ps(1));
    p = _mm256_mul_ps(p, p);
    p = _mm256_mul_ps(p, p);
    p = _mm256_mul_ps(p, p);
    p = _mm256_mul_ps(p, p);
    const __m256 erf = _mm256_sub_ps(_mm256_set1_ps(1), _mm256_div_ps(_mm256_set1_ps(1), p));
    const __m256 half = _mm256_mul_ps(x, _mm256_set1_ps(0.5f));
    return _mm256_fmadd_ps(half, _mm256_or_ps(erf, _mm256_and_ps(x, minus)), half);
}

AVX512 static inline __m512 gelu_avx512(__m512 x) {
    const __m512 minus = _mm512_set1_ps(-0.0f);
    const __m512 z = _mm512_min_ps(_mm512_andnot_ps(minus, _mm512_mul_ps(x, _mm512_set1_ps(0.70710678f))), _mm512_set1_ps(ERF_LIMIT));
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(ERF_A6), z, _mm512_set1_ps(ERF_A5));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(ERF_A4));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(ERF_A3));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(ERF_A2));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(ERF_A1));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(1));
    p = _mm512_mul_ps(p, p);
    p = _mm512_mul_ps(p, p);
    p = _mm512_mul_ps(p, p);
    p = _mm512_mul_ps(p, p);
    const __m512 erf = _mm512_sub_ps(_mm512_set1_ps(1), _mm512_div_ps(_mm512_set1_ps(1), p));
    const __m512 half = _mm512_mul_ps(x, _mm512_set1_ps(0.5f));
    return _mm512_fmadd_ps(half, _mm512_or_ps(erf, _mm512_and_ps(x, minus)), half);
}

#endif
