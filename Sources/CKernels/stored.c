// Stored rows: their blocks taken apart, and their floats (for looking up embeddings, and as the reference of everything).
#include "format.h"
#include "half.h"

static uint16_t half_at(const uint8_t *bytes) {
    uint16_t half;
    memcpy(&half, bytes, sizeof half);
    return half;
}

bool qk_is_quantised(qk_type type) { return format_of(type).columns > 1; }
size_t qk_block_elements(qk_type type) { return (size_t)format_of(type).columns; }
size_t qk_block_bytes(qk_type type) { return (size_t)format_of(type).bytes; }

/// 16 bytes of nibbles: the low ones are columns 0 … 15, the high ones 16 … 31.
static void read_nibbles(uint8_t *code, const uint8_t *bytes) {
    for (int i = 0; i < 16; i++) code[i] = bytes[i] & 15, code[16 + i] = bytes[i] >> 4;
}

static void read_fifth_bits(uint8_t *code, const uint8_t *bytes) {
    for (int i = 0; i < 32; i++) code[i] |= (uint8_t)((bytes[i / 8] >> i % 8 & 1) << 4);
}

/// Q4_K and Q5_K: 6-bit scale and minimum of group j in 12 bytes.
static void read_six_bits(stored_block *out, const uint8_t *s, size_t j) {
    if (j < 4) {
        out->group_scale[0] = s[j] & 63;
        out->group_minimum[0] = s[j + 4] & 63;
    } else {
        out->group_scale[0] = (uint8_t)((s[j + 4] & 15) | s[j - 4] >> 6 << 4);
        out->group_minimum[0] = (uint8_t)(s[j + 4] >> 4 | s[j] >> 6 << 4);
    }
}

/// Q3_K: signed 6-bit scale j in 12 bytes.
static uint8_t q3_scale(const uint8_t *s, size_t j) {
    const int low = j < 8 ? s[j] & 15 : s[j - 8] >> 4, high = s[8 + j % 4] >> j / 4 * 2 & 3;
    return (uint8_t)((low | high << 4) - 32);
}

void qk_read_block(stored_block *out, const uint8_t *row, qk_type type, size_t index) {
    const format f = format_of(type);
    const size_t block = index * QK_BLOCK / (size_t)f.columns, b = index % 8;  // b: of a super-block
    const uint8_t *bytes = row + block * (size_t)f.bytes;
    const int shift = (int)(b % 4) * 2;  // Q2_K, Q3_K: four runs of 32 columns share 32 bytes
    switch (type) {
    case QK_TYPE_Q4_0:
    case QK_TYPE_IQ4_NL:
        out->scale = half_at(bytes);
        read_nibbles(out->code, bytes + 2);
        return;
    case QK_TYPE_Q4_1:
        out->scale = half_at(bytes);
        out->minimum = half_at(bytes + 2);
        read_nibbles(out->code, bytes + 4);
        return;
    case QK_TYPE_Q5_0:
        out->scale = half_at(bytes);
        read_nibbles(out->code, bytes + 6);
        read_fifth_bits(out->code, bytes + 2);
        return;
    case QK_TYPE_Q5_1:
        out->scale = half_at(bytes);
        out->minimum = half_at(bytes + 2);
        read_nibbles(out->code, bytes + 8);
        read_fifth_bits(out->code, bytes + 4);
        return;
    case QK_TYPE_Q8_0:
        out->scale = half_at(bytes);
        memcpy(out->code, bytes + 2, QK_BLOCK);
        return;
    case QK_TYPE_MXFP4:  // 2^(e − 128); the smallest two are subnormal
        out->scale = (uint16_t)(bytes[0] < 2 ? 0x20 << bytes[0] : (bytes[0] - 1) << 7);
        read_nibbles(out->code, bytes + 1);
        return;
    case QK_TYPE_Q2_K:  // scales 16, codes 64, halves
        out->scale = half_at(bytes + 80);
        out->minimum = half_at(bytes + 82);
        for (int g = 0; g < 2; g++) {
            out->group_scale[g] = bytes[2 * b + (size_t)g] & 15;
            out->group_minimum[g] = bytes[2 * b + (size_t)g] >> 4;
        }
        for (int i = 0; i < 32; i++) out->code[i] = bytes[16 + b / 4 * 32 + (size_t)i] >> shift & 3;
        return;
    case QK_TYPE_Q3_K:  // third bits 32, codes 64, scales 12, half
        out->scale = half_at(bytes + 108);
        for (int g = 0; g < 2; g++) out->group_scale[g] = q3_scale(bytes + 96, 2 * b + (size_t)g);
        for (int i = 0; i < 32; i++)
            out->code[i] = (uint8_t)((bytes[32 + b / 4 * 32 + (size_t)i] >> shift & 3) | (bytes[i] >> b & 1) << 2);
        return;
    case QK_TYPE_Q4_K:  // halves, scales 12, codes 128: 32 bytes hold 32 columns in the low nibbles, the next 32 in the high ones
        out->scale = half_at(bytes);
        out->minimum = half_at(bytes + 2);
        read_six_bits(out, bytes + 4, b);
        for (int i = 0; i < 32; i++) out->code[i] = bytes[16 + b / 2 * 32 + (size_t)i] >> b % 2 * 4 & 15;
        return;
    case QK_TYPE_Q5_K:  // the same with fifth bits (32) before the codes
        out->scale = half_at(bytes);
        out->minimum = half_at(bytes + 2);
        read_six_bits(out, bytes + 4, b);
        for (int i = 0; i < 32; i++)
            out->code[i] = (uint8_t)((bytes[48 + b / 2 * 32 + (size_t)i] >> b % 2 * 4 & 15) | (bytes[16 + i] >> b & 1) << 4);
        return;
    case QK_TYPE_Q6_K: {  // low nibbles 128, high bits 64, scales 16, half; halves of 128 columns in four runs of 32
        const uint8_t *low = bytes + b / 4 * 64 + b % 2 * 32, *high = bytes + 128 + b / 4 * 32;
        out->scale = half_at(bytes + 208);
        for (int g = 0; g < 2; g++) out->group_scale[g] = bytes[192 + 2 * b + (size_t)g];
        for (int i = 0; i < 32; i++) out->code[i] = (uint8_t)((low[i] >> b % 4 / 2 * 4 & 15) | (high[i] >> shift & 3) << 4);
        return;
    }
    case QK_TYPE_IQ4_XS: {  // half, high bits of the scales 2, low bits 4, codes 128
        const int low = bytes[4 + b / 2] >> b % 2 * 4 & 15, high = half_at(bytes + 2) >> 2 * b & 3;
        out->scale = half_at(bytes);
        out->group_scale[0] = (uint8_t)((low | high << 4) - 32);
        read_nibbles(out->code, bytes + 8 + 16 * b);
        return;
    }
    case QK_TYPE_F32:
    case QK_TYPE_F16:
    case QK_TYPE_BF16: break;
    }
    __builtin_unreachable();
}

static float upper_half(uint16_t upper) {
    const uint32_t bits = (uint32_t)upper << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void qk_group_scales(const stored_block *block, qk_type type, int group, float *scale, float *minimum) {
    const format f = format_of(type);
    *scale = f.scales == SCALE_POWER ? upper_half(block->scale) : half_to_float(block->scale);
    if (f.scales == SCALE_SUPER) *scale *= (float)(int8_t)block->group_scale[group];
    switch (f.scales) {
    case SCALE_HALF_MINIMUM: *minimum = half_to_float(block->minimum); return;
    case SCALE_SUPER_MINIMUM:
    case SCALE_SUPER_NIBBLES:
        *scale *= (float)block->group_scale[group];
        *minimum = -(half_to_float(block->minimum) * (float)block->group_minimum[group]);
        return;
    default: *minimum = 0;
    }
}

void qk_dequantise(float *out, const void *row, qk_type type, size_t k) {
    const uint8_t *bytes = row;
    if (type == QK_TYPE_F32) {
        memcpy(out, row, k * sizeof *out);
    } else if (type == QK_TYPE_F16) {
        for (size_t i = 0; i < k; i++) out[i] = half_to_float(half_at(bytes + 2 * i));
    } else if (type == QK_TYPE_BF16) {
        for (size_t i = 0; i < k; i++) out[i] = upper_half(half_at(bytes + 2 * i));
    } else {
        const format f = format_of(type);
        for (size_t index = 0; index < k / QK_BLOCK; index++) {
            stored_block block;
            qk_read_block(&block, row, type, index);
            for (int i = 0; i < QK_BLOCK; i++) {
                float scale, minimum;
                qk_group_scales(&block, type, i / f.group, &scale, &minimum);
                const int value = f.codes == CODES_SIGNED  ? (int8_t)block.code[i]
                                  : f.codes == CODES_IQ4   ? iq4_values[block.code[i]]
                                  : f.codes == CODES_MXFP4 ? mxfp4_values[block.code[i]]
                                                           : block.code[i];
                *out++ = scale * (float)(value - f.offset) + minimum;
            }
        }
    }
}
