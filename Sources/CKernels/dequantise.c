// Stored rows to floats: for looking up embeddings, and for weights that are not multiplied as integers.
#include "half.h"
#include "quantised.h"

static uint16_t half_at(const uint8_t *bytes) {
    uint16_t half;
    memcpy(&half, bytes, sizeof half);
    return half;
}

void qk_dequantise(float *out, const void *row, qk_type type, size_t k) {
    const uint8_t *bytes = row;
    switch (type) {
    case QK_TYPE_F32:
        memcpy(out, row, k * sizeof *out);
        return;
    case QK_TYPE_F16:
        for (size_t i = 0; i < k; i++) out[i] = half_to_float(half_at(bytes + 2 * i));
        return;
    case QK_TYPE_BF16:
        for (size_t i = 0; i < k; i++) {
            const uint32_t bits = (uint32_t)half_at(bytes + 2 * i) << 16;
            memcpy(out + i, &bits, sizeof bits);
        }
        return;
    case QK_TYPE_Q4_0:  // half scale, 16 bytes of nibbles: low ones are elements 0…15, high ones 16…31
        for (size_t block = 0; block < k / QK_BLOCK; block++, bytes += 18, out += QK_BLOCK) {
            const float scale = half_to_float(half_at(bytes));
            for (int i = 0; i < 16; i++) {
                out[i] = scale * (float)((bytes[2 + i] & 15) - 8);
                out[16 + i] = scale * (float)((bytes[2 + i] >> 4) - 8);
            }
        }
        return;
    case QK_TYPE_Q4_1:  // half scale, half minimum, nibbles
        for (size_t block = 0; block < k / QK_BLOCK; block++, bytes += 20, out += QK_BLOCK) {
            const float scale = half_to_float(half_at(bytes)), minimum = half_to_float(half_at(bytes + 2));
            for (int i = 0; i < 16; i++) {
                out[i] = scale * (float)(bytes[4 + i] & 15) + minimum;
                out[16 + i] = scale * (float)(bytes[4 + i] >> 4) + minimum;
            }
        }
        return;
    case QK_TYPE_Q8_0:  // half scale, 32 signed bytes
        for (size_t block = 0; block < k / QK_BLOCK; block++, bytes += 34, out += QK_BLOCK) {
            const float scale = half_to_float(half_at(bytes));
            for (int i = 0; i < QK_BLOCK; i++) out[i] = scale * (float)(int8_t)bytes[2 + i];
        }
        return;
    }
}
