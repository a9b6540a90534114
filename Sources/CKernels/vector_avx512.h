// What the AVX-512 kernels are compiled for.
#ifndef QUARRY_VECTOR_AVX512_H
#define QUARRY_VECTOR_AVX512_H

#include <immintrin.h>

#define AVX512 __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

#endif
