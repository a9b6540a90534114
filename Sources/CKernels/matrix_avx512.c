#include "matrix.h"

#include <string.h>

#if defined(__x86_64__)
#include "vector_avx512.h"

#define LANES 16
#define ROWS 8
#define FLOAT_ROWS 12
#define TARGET AVX512
#define BIASED_CODES 1

typedef __m512 floats;
typedef __m512i integers;

#define f_zero _mm512_setzero_ps
#define f_all _mm512_set1_ps
#define f_load _mm512_loadu_ps
#define f_load_halves(p) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p)))
#define f_load_uppers(p) _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(p))), 16))
#define f_from_bytes(p) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(p))))
#define f_from_unsigned(p) _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(p))))
#define f_from_nibbles(p, shift)                                                                                                        \
    _mm512_cvtepi32_ps(_mm512_and_si512(                                                                                                \
        _mm512_srli_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(p))), shift), _mm512_set1_epi32(15)))
#define f_from_integers _mm512_cvtepi32_ps
#define f_fma _mm512_fmadd_ps
#define f_mul _mm512_mul_ps
#define f_neg_mul(a, b) _mm512_xor_ps(_mm512_mul_ps(a, b), _mm512_set1_ps(-0.0f))
#define f_store _mm512_storeu_ps
#define i_all(byte) _mm512_set1_epi8((char)(byte))
#define i_load(p) _mm512_loadu_si512(p)
#define i_and _mm512_and_si512
#define i_or _mm512_or_si512
#define i_left _mm512_slli_epi16
#define i_right _mm512_srli_epi16
#define i_look_up(values, code) _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(values))), code)
#define i_flip(code) _mm512_xor_si512(code, _mm512_set1_epi8((char)0x80))

AVX512 static inline __m512i four(const int8_t *q) {
    int bytes;
    memcpy(&bytes, q, sizeof bytes);
    return _mm512_set1_epi32(bytes);
}

// Signed codes have 128 added (they are whole blocks: `total` is the sum of all their activations).
AVX512 static inline __attribute__((always_inline)) __m512i dot(
    const __m512i *code, const int8_t *q, const int count, const int largest, const bool is_signed, int total) {
    (void)largest;
    __m512i sum = is_signed ? _mm512_set1_epi32(-128 * total) : _mm512_setzero_si512();
    for (int g = 0; g < count; g++) sum = _mm512_dpbusd_epi32(sum, code[g], four(q + 4 * g));
    return sum;
}

#include "matrix_tile.h"

#include "floats_tile.h"

void qk_matrix_multiply_avx512(
    float *y, size_t stride, const qk_activations *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    multiply_type(y, stride, x, packed, type, m, n, k, first, last);
}

void qk_floats_multiply_avx512(
    float *y, size_t stride, const float *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    multiply_float_type(y, stride, x, packed, type, m, n, k, first, last);
}
#endif
