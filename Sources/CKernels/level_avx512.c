#include "format.h"
#include "half.h"
#include "kv.h"
#include "levels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include "vector_avx512.h"

#define LANES 16
#define ROWS 8
#define READY_ROWS 0
#define FLOAT_ROWS 12
#define TARGET AVX512
#define BIASED_CODES 1
#define POWERS_UNDERFLOW 1

typedef __m512 floats;
typedef __m512i integers;
typedef __m512i counts;

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
#define f_add _mm512_add_ps
#define f_sub _mm512_sub_ps
#define f_div _mm512_div_ps
#define f_min _mm512_min_ps
#define f_max _mm512_max_ps
#define f_round(x) _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define f_times_power _mm512_scalef_ps
#define f_keep_above(limit, x, y) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_GT_OQ), y)
#define f_sum _mm512_reduce_add_ps
#define f_largest _mm512_reduce_max_ps
#define f_first _mm512_cvtss_f32
#define f_store_bytes(p, x) _mm_storeu_si128((__m128i *)(void *)(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x)))
#define i_zero _mm512_setzero_si512
#define i_bias(total) _mm512_set1_epi32(-128 * (total))
#define dot_signed(sum, code, q) _mm512_dpbusd_epi32(sum, code, four(q))
#define i_even(code) _mm512_srai_epi16(_mm512_slli_epi16(code, 8), 8)
#define i_odd(code) _mm512_srai_epi16(code, 8)
#define dot_unsigned(sum, weights, code) _mm512_dpbusd_epi32(sum, four((const int8_t *)(weights)), code)
#define dot_words(sum, weights, code) _mm512_dpwssd_epi32(sum, code, four((const int8_t *)(weights)))
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

AVX512 static inline __m512 f_select(int low, int high, int index, __m512 a, __m512 b) {
    const __m512i lane =
        _mm512_add_epi32(_mm512_set1_epi32(index), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const __mmask16 inside = _mm512_cmp_epi32_mask(lane, _mm512_set1_epi32(low), _MM_CMPINT_GE) &
                             _mm512_cmp_epi32_mask(lane, _mm512_set1_epi32(high), _MM_CMPINT_LT);
    return _mm512_mask_blend_ps(inside, b, a);
}

AVX512 static inline void f_store_words(int16_t *p, __m512 x) {
    const __m256i words = _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(x));
    _mm256_storeu_si256((__m256i *)(void *)p, _mm256_shufflehi_epi16(_mm256_shufflelo_epi16(words, 0xD8), 0xD8));
}

#include "matrix_tile.h"

#include "floats_tile.h"

#include "math_tile.h"

#include "attention_tile.h"

#include "elementwise_tile.h"

#include "encoder_tile.h"

// Bytes with 128 added are what the instruction takes; what that adds to the sum is known.
#define CODE_BYTES 64
#define c_zero _mm512_setzero_si512
#define c_products(sum, row, query, width) _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row), _mm512_loadu_si512(query))
#define c_sum _mm512_reduce_add_epi32
#define c_bias(total) (128 * (total))
#include "codes_tile.h"

const qk_functions qk_functions_avx512 = {
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
