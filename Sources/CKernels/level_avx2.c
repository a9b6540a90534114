#include "format.h"
#include "half.h"
#include "kv.h"
#include "levels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include "vector_avx2.h"

#define LANES 8
#define ROWS 4
#define READY_ROWS 16
#define FLOAT_ROWS 6
#define TARGET AVX2
#define BIASED_CODES 0
#define POWERS_UNDERFLOW 0

typedef __m256 floats;
typedef __m256i integers;
typedef __m256i counts;

#define f_zero _mm256_setzero_ps
#define f_all _mm256_set1_ps
#define f_load _mm256_loadu_ps
#define f_load_halves(p) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p)))
#define f_load_uppers(p) _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(p))), 16))
#define f_from_bytes(p) _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(p))))
#define f_from_unsigned(p) _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p))))
#define f_from_nibbles(p, shift)                                                                                                        \
    _mm256_cvtepi32_ps(_mm256_and_si256(                                                                                                \
        _mm256_srli_epi32(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p))), shift), _mm256_set1_epi32(15)))
#define f_from_integers _mm256_cvtepi32_ps
#define f_fma _mm256_fmadd_ps
#define f_mul _mm256_mul_ps
#define f_neg_mul(a, b) _mm256_xor_ps(_mm256_mul_ps(a, b), _mm256_set1_ps(-0.0f))
#define f_store _mm256_storeu_ps
#define f_add _mm256_add_ps
#define f_sub _mm256_sub_ps
#define f_div _mm256_div_ps
#define f_min _mm256_min_ps
#define f_max _mm256_max_ps
#define f_round(x) _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define f_keep_above(limit, x, y) _mm256_and_ps(y, _mm256_cmp_ps(x, limit, _CMP_GT_OQ))
#define f_sum sum_avx2
#define f_largest max_avx2
#define f_first _mm256_cvtss_f32
#define i_zero _mm256_setzero_si256
#define i_bias(total) _mm256_setzero_si256()
#define i_all(byte) _mm256_set1_epi8((char)(byte))
#define i_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define i_and _mm256_and_si256
#define i_or _mm256_or_si256
#define i_left _mm256_slli_epi16
#define i_right _mm256_srli_epi16
#define i_look_up(values, code) _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(values))), code)
#define i_flip(code) (code)

AVX2 static inline __m256i four(const int8_t *q) {
    int bytes;
    memcpy(&bytes, q, sizeof bytes);
    return _mm256_set1_epi32(bytes);
}

// Sums of two products are 16-bit numbers: as many are added as such as stay below 2^15 with activations of ±127.
// Signed codes give their sign to the activation first; their pairs of products just fit.
AVX2 static inline __attribute__((always_inline)) __m256i dot(
    const __m256i *code, const int8_t *q, const int count, const int largest, const bool is_signed, int total) {
    (void)total;
    const int run = is_signed ? 1 : largest <= 16 ? 8 : largest <= 32 ? 4 : 2;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum = _mm256_setzero_si256();
    for (int g = 0; g < count; g += run) {
        __m256i words = is_signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(code[g]), _mm256_sign_epi8(four(q + 4 * g), code[g]))
                                  : _mm256_maddubs_epi16(code[g], four(q + 4 * g));
        for (int i = g + 1; i < g + run && i < count; i++) words = _mm256_add_epi16(words, _mm256_maddubs_epi16(code[i], four(q + 4 * i)));
        const __m256i more = _mm256_madd_epi16(words, ones);
        sum = g == 0 ? more : _mm256_add_epi32(sum, more);
    }
    return sum;
}

AVX2 static inline __m256 f_select(int low, int high, int index, __m256 a, __m256 b) {
    const __m256i lane = _mm256_add_epi32(_mm256_set1_epi32(index), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    const __m256i inside = _mm256_and_si256(_mm256_cmpgt_epi32(lane, _mm256_set1_epi32(low - 1)), _mm256_cmpgt_epi32(_mm256_set1_epi32(high), lane));
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(inside));
}

AVX2 static inline __m256 f_times_power(__m256 x, __m256 n) {
    return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23)));
}

AVX2 static inline __m128i words(__m256 x) {
    const __m256i n = _mm256_cvtps_epi32(x);
    return _mm_packs_epi32(_mm256_castsi256_si128(n), _mm256_extracti128_si256(n, 1));
}

AVX2 static inline void f_store_words(int16_t *p, __m256 x) {
    _mm_storeu_si128((__m128i *)(void *)p, _mm_shufflehi_epi16(_mm_shufflelo_epi16(words(x), 0xD8), 0xD8));
}

AVX2 static inline void f_store_bytes(uint8_t *p, __m256 x) {
    const __m128i n = words(x);
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(n, n));
}

AVX2 static inline __m256i dot_signed(__m256i sum, __m256i code, const int8_t *q) {
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(four(q), code));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#define i_even(code) _mm256_srai_epi16(_mm256_slli_epi16(code, 8), 8)
#define i_odd(code) _mm256_srai_epi16(code, 8)
#define dot_words(sum, weights, code) _mm256_add_epi32(sum, _mm256_madd_epi16(code, four((const int8_t *)(weights))))

/// Weights of at most 127: the sum of two products fits into 16 bits.
AVX2 static inline __m256i dot_unsigned(__m256i sum, const uint8_t *weights, __m256i code) {
    const __m256i pairs = _mm256_maddubs_epi16(four((const int8_t *)weights), code);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "matrix_tile.h"

#include "floats_tile.h"

#include "math_tile.h"

#include "attention_tile.h"

#include "elementwise_tile.h"

#include "encoder_tile.h"

// The sign goes to the row, so that pairs of products fit in 16 bits: 2 · 127 · 127.
#define CODE_BYTES 32
#define c_zero _mm256_setzero_si256
#define c_sum sum_integers_avx2
#define c_bias(total) 0

AVX2 static inline __m256i c_products(__m256i sum, const uint8_t *row, const int8_t *query, size_t width) {
    const __m256i values = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)row), _mm256_set1_epi8((char)0x80));
    const __m256i signs = _mm256_loadu_si256((const __m256i *)query), sizes = _mm256_loadu_si256((const __m256i *)(query + width));
    const __m256i pairs = _mm256_maddubs_epi16(sizes, _mm256_sign_epi8(values, signs));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#include "codes_tile.h"

const qk_functions qk_functions_avx2 = {
    .matrix = multiply_type,
    .floats = multiply_float_type,
    .attention = attention,
    .rms_norm = rms_norm,
    .swiglu = swiglu,
    .geglu = geglu,
    .layer_norm = layer_norm,
    .encoder_attention = encoder_attention,
    .code_products = code_products,
};
#endif
