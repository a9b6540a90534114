#include "machine.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// As many independent sums as hide the instructions' latency.
#define SUMS 12

static uint64_t read_scalar(const uint8_t *bytes, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i += sizeof(uint64_t)) {
        uint64_t word;
        __builtin_memcpy(&word, bytes + i, sizeof word);
        sum += word;
    }
    return sum;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint64_t read_avx2(const uint8_t *bytes, size_t count) {
    __m256i sums[8];
    for (size_t s = 0; s < 8; s++) sums[s] = _mm256_setzero_si256();
    for (size_t i = 0; i < count; i += sizeof sums)
        for (size_t s = 0; s < 8; s++) sums[s] = _mm256_add_epi64(sums[s], _mm256_loadu_si256((const __m256i *)(bytes + i) + s));
    for (size_t s = 1; s < 8; s++) sums[0] = _mm256_add_epi64(sums[0], sums[s]);
    return read_scalar((const uint8_t *)sums, sizeof sums[0]);
}

// The empty assembly makes the operand look new each time: the product of two constants would be taken out of the loop.
__attribute__((target("avx2"))) static uint64_t multiply_avx2(size_t rounds, int32_t *sink) {
    __m256i sums[SUMS], left = _mm256_set1_epi8(3), right = _mm256_set1_epi8(-2);
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t s = 0; s < SUMS; s++) sums[s] = _mm256_setzero_si256();
    for (size_t r = 0; r < rounds; r++)
        for (size_t s = 0; s < SUMS; s++) {
            __asm__ volatile("" : "+x"(left));
            sums[s] = _mm256_add_epi32(sums[s], _mm256_madd_epi16(_mm256_maddubs_epi16(left, right), ones));
        }
    for (size_t s = 1; s < SUMS; s++) sums[0] = _mm256_add_epi32(sums[0], sums[s]);
    *sink = _mm256_extract_epi32(sums[0], 0);
    return (uint64_t)rounds * SUMS * 32;
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))) static uint64_t multiply_avx512(size_t rounds, int32_t *sink) {
    __m512i sums[SUMS], left = _mm512_set1_epi8(3), right = _mm512_set1_epi8(-2);
    for (size_t s = 0; s < SUMS; s++) sums[s] = _mm512_setzero_si512();
    for (size_t r = 0; r < rounds; r++)
        for (size_t s = 0; s < SUMS; s++) {
            __asm__ volatile("" : "+v"(left));
            sums[s] = _mm512_dpbusd_epi32(sums[s], left, right);
        }
    for (size_t s = 1; s < SUMS; s++) sums[0] = _mm512_add_epi32(sums[0], sums[s]);
    *sink = _mm_cvtsi128_si32(_mm512_castsi512_si128(sums[0]));
    return (uint64_t)rounds * SUMS * 64;
}
#elif defined(__aarch64__)
__attribute__((target("dotprod"))) static uint64_t multiply_neon(size_t rounds, int32_t *sink) {
    int32x4_t sums[SUMS];
    int8x16_t left = vdupq_n_s8(3), right = vdupq_n_s8(-2);
    for (size_t s = 0; s < SUMS; s++) sums[s] = vdupq_n_s32(0);
    for (size_t r = 0; r < rounds; r++)
        for (size_t s = 0; s < SUMS; s++) {
            __asm__ volatile("" : "+w"(left));
            sums[s] = vdotq_s32(sums[s], left, right);
        }
    for (size_t s = 1; s < SUMS; s++) sums[0] = vaddq_s32(sums[0], sums[s]);
    *sink = vgetq_lane_s32(sums[0], 0);
    return (uint64_t)rounds * SUMS * 16;
}
#endif

uint64_t qk_machine_read(const void *bytes, size_t count) {
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2) return read_avx2(bytes, count);
#endif
    return read_scalar(bytes, count);
}

uint64_t qk_machine_multiply_adds(size_t rounds, int32_t *sink) {
    switch (qk_cpu_level()) {
#if defined(__x86_64__)
    case QK_CPU_AVX2: return multiply_avx2(rounds, sink);
    case QK_CPU_AVX512: return multiply_avx512(rounds, sink);
#elif defined(__aarch64__)
    case QK_CPU_NEON: return multiply_neon(rounds, sink);
#endif
    default: *sink = 0; return 0;
    }
}
