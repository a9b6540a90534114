// Keys and values into their blocks.
#include "kv.h"
#include "half.h"

#include <math.h>

size_t qk_kv_head_bytes(qk_kv_type type, size_t head_size) { return 2 * kv_half_bytes(type, head_size); }

float qk_round_to_bytes(int8_t *q, const float *x, size_t n) {
    // As bits, magnitudes are ordered like integers, and compilers make vectors of that; what is no number is the largest of all.
    uint32_t top = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= 0x7FFFFFFF;
        top = bits > top ? bits : top;
    }
    float largest;
    memcpy(&largest, &top, sizeof largest);
    if (!(largest > 1e-30f && largest < INFINITY)) {
        memset(q, 0, n);
        return largest / 127;
    }
    const float inverse = 127 / largest;
    for (size_t i = 0; i < n; i++) {
        // 1.5 · 2^23 leaves no place for a fraction: the sum's last bits are the number, rounded to nearest even.
        const float shifted = x[i] * inverse + 12582912.0f;
        uint32_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        q[i] = (int8_t)(bits & 0xFF);
    }
    return largest / 127;
}

static float within_half(float x) { return x > 65504 ? 65504 : x < -65504 ? -65504 : x; }

void qk_kv_store(qk_kv_type type, void *head, const float *k, const float *v, size_t slot, size_t head_size) {
    uint8_t *keys = head, *values = keys + kv_half_bytes(type, head_size);
    if (type == QK_KV_F16) {
        for (size_t d = 0; d < head_size; d++) {
            const uint16_t key = float_to_half(within_half(k[d])), value = float_to_half(within_half(v[d]));
            memcpy(keys + 2 * key_index(type, head_size, slot, d), &key, 2);
            memcpy(values + 2 * value_index(type, head_size, slot, d), &value, 2);
        }
        return;
    }
    int8_t q[QK_HEAD_LIMIT];
    float scale = qk_round_to_bytes(q, k, head_size);
    memcpy(keys + QK_KV_BLOCK * padded_head(head_size) + slot * sizeof scale, &scale, sizeof scale);
    for (size_t d = 0; d < head_size; d++) keys[key_index(type, head_size, slot, d)] = (uint8_t)q[d];
    scale = qk_round_to_bytes(q, v, head_size);
    memcpy(values + QK_KV_BLOCK * padded_head(head_size) + slot * sizeof scale, &scale, sizeof scale);
    for (size_t d = 0; d < head_size; d++) values[value_index(type, head_size, slot, d)] = (uint8_t)q[d];
}
