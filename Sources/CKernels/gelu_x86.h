// x · Φ(x) for vectors of floats.
#ifndef QUARRY_GELU_X86_H
#define QUARRY_GELU_X86_H

#include "vector_avx2.h"
#include "vector_avx512.h"

// The error function by Abramowitz & Stegun 7.1.28: 1 − (1 + a1 z + … + a6 z⁶)^−16 for z ≥ 0, |error| ≤ 3e-7. Beyond 4.2 it is 1 in single precision.
#define GELU(NAME, TARGET, FLOATS, OP)                                                                                       \
    TARGET static inline FLOATS NAME(FLOATS x) {                                                                             \
        const FLOATS minus = OP(set1_ps)(-0.0f), one = OP(set1_ps)(1);                                                       \
        const FLOATS z = OP(min_ps)(OP(andnot_ps)(minus, OP(mul_ps)(x, OP(set1_ps)(0.70710678f))), OP(set1_ps)(4.2f));       \
        FLOATS p = OP(fmadd_ps)(OP(set1_ps)(0.0000430638f), z, OP(set1_ps)(0.0002765672f));                                  \
        p = OP(fmadd_ps)(p, z, OP(set1_ps)(0.0001520143f));                                                                  \
        p = OP(fmadd_ps)(p, z, OP(set1_ps)(0.0092705272f));                                                                  \
        p = OP(fmadd_ps)(p, z, OP(set1_ps)(0.0422820123f));                                                                  \
        p = OP(fmadd_ps)(p, z, OP(set1_ps)(0.0705230784f));                                                                  \
        p = OP(fmadd_ps)(p, z, one);                                                                                         \
        for (int i = 0; i < 4; i++) p = OP(mul_ps)(p, p);                                                                    \
        const FLOATS erf = OP(sub_ps)(one, OP(div_ps)(one, p)), half = OP(mul_ps)(x, OP(set1_ps)(0.5f));                     \
        return OP(fmadd_ps)(half, OP(or_ps)(erf, OP(and_ps)(x, minus)), half);                                               \
    }
#define OF_256(operation) _mm256_##operation
#define OF_512(operation) _mm512_##operation

GELU(gelu_avx2, AVX2, __m256, OF_256)
GELU(gelu_avx512, AVX512, __m512, OF_512)

#endif
