#include "matrix.h"

#include <string.h>

#if defined(__aarch64__)
#include "vector_neon.h"

#define LANES 4
#define ROWS 4
#define FLOAT_ROWS 4
#define TARGET NEON
#define BIASED_CODES 0

typedef float32x4_t floats;
typedef uint8x16_t integers;

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

#include "matrix_tile.h"

#include "floats_tile.h"

void qk_matrix_multiply_neon(
    float *y, size_t stride, const qk_activations *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    multiply_type(y, stride, x, packed, type, m, n, k, first, last);
}

void qk_floats_multiply_neon(
    float *y, size_t stride, const float *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    multiply_float_type(y, stride, x, packed, type, m, n, k, first, last);
}
#endif
