#include "format.h"
#include "half.h"
#include "kv.h"
#include "levels.h"

#include <math.h>
#include <string.h>

#if defined(__aarch64__)
#include "vector_neon.h"

#define LANES 4
#define ROWS 4
#define READY_ROWS 0
#define FLOAT_ROWS 4
#define TARGET NEON
#define BIASED_CODES 0
#define POWERS_UNDERFLOW 0

typedef float32x4_t floats;
typedef uint8x16_t integers;
typedef int32x4_t counts;

#define f_zero() vdupq_n_f32(0)
#define f_all vdupq_n_f32
#define f_load vld1q_f32
#define f_load_halves(p) vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p)))
#define f_load_uppers(p) vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(p)), 16))
#define f_from_bytes(p) vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(bytes4(p))))))
#define f_from_unsigned(p) vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes4(p)))))
#define f_from_nibbles(p, shift) \
    vcvtq_f32_u32(vandq_u32(vshlq_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes4(p)))), vdupq_n_s32(-(shift))), vdupq_n_u32(15)))
#define f_from_integers vcvtq_f32_s32
#define f_fma(a, b, c) vfmaq_f32(c, a, b)
#define f_mul vmulq_f32
#define f_neg_mul(a, b) vnegq_f32(vmulq_f32(a, b))
#define f_store vst1q_f32
#define f_add vaddq_f32
#define f_sub vsubq_f32
#define f_div vdivq_f32
#define f_min vminq_f32
#define f_max vmaxq_f32
#define f_round vrndnq_f32
#define f_keep_above(limit, x, y) vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(y), vcgtq_f32(x, limit)))
#define f_sum vaddvq_f32
#define f_largest vmaxvq_f32
#define f_first(v) vgetq_lane_f32(v, 0)
#define i_zero() vdupq_n_s32(0)
#define i_bias(total) vdupq_n_s32(0)
#define i_all(byte) vdupq_n_u8((uint8_t)(byte))
#define i_load vld1q_u8
#define i_and vandq_u8
#define i_or vorrq_u8
#define i_left(v, bits) vshlq_u8(v, vdupq_n_s8((int8_t)(bits)))
#define i_right(v, bits) vshlq_u8(v, vdupq_n_s8((int8_t)-(bits)))
#define i_look_up(values, code) vreinterpretq_u8_s8(vqtbl1q_s8(vld1q_s8(values), code))
#define i_flip(code) (code)

NEON static inline uint8x8_t bytes4(const uint8_t *p) {
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return vreinterpret_u8_u32(vdup_n_u32(bytes));
}

// Codes of up to seven bits are signed bytes as they are.
NEON static inline __attribute__((always_inline)) int32x4_t dot(
    const uint8x16_t *code, const int8_t *q, const int count, const int largest, const bool is_signed, int total) {
    (void)largest, (void)is_signed, (void)total;
    int32x4_t sum = vdupq_n_s32(0);
    for (int g = 0; g < count; g++) {
        int32_t bytes;
        memcpy(&bytes, q + 4 * g, sizeof bytes);
        sum = vdotq_s32(sum, vreinterpretq_s8_u8(code[g]), vreinterpretq_s8_s32(vdupq_n_s32(bytes)));
    }
    return sum;
}

NEON static inline float32x4_t f_select(int low, int high, int index, float32x4_t a, float32x4_t b) {
    const int32x4_t lane = vaddq_s32(vdupq_n_s32(index), (int32x4_t){0, 1, 2, 3});
    return vbslq_f32(vandq_u32(vcgeq_s32(lane, vdupq_n_s32(low)), vcltq_s32(lane, vdupq_n_s32(high))), a, b);
}

NEON static inline float32x4_t f_times_power(float32x4_t x, float32x4_t n) {
    return vmulq_f32(x, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23)));
}

NEON static inline void f_store_words(int16_t *p, float32x4_t x) {
    const int16x4_t words = vqmovn_s32(vcvtnq_s32_f32(x));
    vst1_s16(p, vuzp1_s16(words, words));
    p[2] = vget_lane_s16(words, 1), p[3] = vget_lane_s16(words, 3);
}

NEON static inline void f_store_bytes(uint8_t *p, float32x4_t x) {
    const int16x4_t words = vqmovn_s32(vcvtnq_s32_f32(x));
    const uint32_t bytes = vget_lane_u32(vreinterpret_u32_u8(vqmovun_s16(vcombine_s16(words, words))), 0);
    memcpy(p, &bytes, sizeof bytes);
}

NEON static inline int8x16_t four(const void *q) {
    int32_t bytes;
    memcpy(&bytes, q, sizeof bytes);
    return vreinterpretq_s8_s32(vdupq_n_s32(bytes));
}

#define dot_signed(sum, code, q) vdotq_s32(sum, vreinterpretq_s8_u8(code), four(q))
#define i_even(code) vreinterpretq_u8_s16(vshrq_n_s16(vshlq_n_s16(vreinterpretq_s16_u8(code), 8), 8))
#define i_odd(code) vreinterpretq_u8_s16(vshrq_n_s16(vreinterpretq_s16_u8(code), 8))
#define dot_unsigned(sum, weights, code) vdotq_s32(sum, vreinterpretq_s8_u8(code), four(weights))

NEON static inline int32x4_t dot_words(int32x4_t sum, const int16_t *weights, uint8x16_t code) {
    const int16x8_t values = vreinterpretq_s16_u8(code), both = vreinterpretq_s16_s8(four(weights));
    const int32x4_t low = vmull_s16(vget_low_s16(values), vget_low_s16(both)), high = vmull_high_s16(values, both);
    return vaddq_s32(sum, vpaddq_s32(low, high));
}

#include "matrix_tile.h"

#include "floats_tile.h"

#include "math_tile.h"

#include "attention_tile.h"

#include "elementwise_tile.h"

#include "encoder_tile.h"

#define CODE_BYTES 16
#define c_zero() vdupq_n_s32(0)
#define c_products(sum, row, query, width) vdotq_s32(sum, vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row), vdupq_n_u8(0x80))), vld1q_s8(query))
#define c_sum vaddvq_s32
#define c_bias(total) 0
#include "codes_tile.h"

const qk_functions qk_functions_neon = {
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
