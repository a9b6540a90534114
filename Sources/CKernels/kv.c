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

static void store_halves(uint8_t *base, size_t stride, const float *x, size_t n) {
    for (size_t d = 0; d < n; d++) {
        const uint16_t half = float_to_half(within_half(x[d]));
        memcpy(base + d * stride, &half, sizeof half);
    }
}

static void load_halves(const uint8_t *base, size_t stride, float *x, size_t n) {
    for (size_t d = 0; d < n; d++) {
        uint16_t half;
        memcpy(&half, base + d * stride, sizeof half);
        x[d] = half_to_float(half);
    }
}

// Bytes from one element of a position to the next.
#define KEY_HALF_STRIDE (2 * QK_KV_BLOCK)
#define VALUE_HALF_STRIDE 2

void qk_kv_store_key(qk_kv_type type, void *head, const float *k, size_t slot, size_t head_size) {
    uint8_t *keys = head;
    if (type == QK_KV_F16) {
        store_halves(keys + 2 * key_index(type, head_size, slot, 0), KEY_HALF_STRIDE, k, head_size);
        return;
    }
    int8_t q[QK_HEAD_LIMIT];
    const float scale = qk_round_to_bytes(q, k, head_size);
    memcpy(keys + QK_KV_BLOCK * padded_head(head_size) + slot * sizeof scale, &scale, sizeof scale);
    for (size_t d = 0; d < head_size; d += 4) memcpy(keys + key_index(type, head_size, slot, d), q + d, 4);
}

static void store_value(qk_kv_type type, void *head, const float *v, size_t slot, size_t head_size) {
    uint8_t *values = (uint8_t *)head + kv_half_bytes(type, head_size);
    if (type == QK_KV_F16) {
        store_halves(values + 2 * value_index(type, head_size, slot, 0), VALUE_HALF_STRIDE, v, head_size);
        return;
    }
    int8_t q[QK_HEAD_LIMIT];
    const float scale = qk_round_to_bytes(q, v, head_size);
    memcpy(values + QK_KV_BLOCK * padded_head(head_size) + slot * sizeof scale, &scale, sizeof scale);
    for (size_t d = 0; d < head_size; d++) values[value_index(type, head_size, slot, d)] = (uint8_t)q[d];
}

void qk_kv_store(qk_kv_type type, void *head, const float *k, const float *v, size_t slot, size_t head_size) {
    qk_kv_store_key(type, head, k, slot, head_size);
    store_value(type, head, v, slot, head_size);
}

void qk_kv_load_key(qk_kv_type type, const void *head, float *k, size_t slot, size_t head_size) {
    const uint8_t *keys = head;
    if (type == QK_KV_F16) {
        load_halves(keys + 2 * key_index(type, head_size, slot, 0), KEY_HALF_STRIDE, k, head_size);
        return;
    }
    const float scale = kv_scales(keys, head_size)[slot];
    for (size_t d = 0; d < head_size; d += 4) {
        int8_t q[4];
        memcpy(q, keys + key_index(type, head_size, slot, d), 4);
        for (size_t i = 0; i < 4; i++) k[d + i] = scale * q[i];
    }
}

void qk_kv_load_value(qk_kv_type type, const void *head, float *v, size_t slot, size_t head_size) {
    const uint8_t *values = (const uint8_t *)head + kv_half_bytes(type, head_size);
    if (type == QK_KV_F16) {
        load_halves(values + 2 * value_index(type, head_size, slot, 0), VALUE_HALF_STRIDE, v, head_size);
        return;
    }
    const float scale = kv_scales(values, head_size)[slot];
    for (size_t d = 0; d < head_size; d++) v[d] = scale * (int8_t)values[value_index(type, head_size, slot, d)];
}

void qk_kv_copy_value(qk_kv_type type, const void *source, size_t from, void *target, size_t to, size_t head_size) {
    const uint8_t *theirs = (const uint8_t *)source + kv_half_bytes(type, head_size);
    uint8_t *ours = (uint8_t *)target + kv_half_bytes(type, head_size);
    if (type == QK_KV_F16) {
        memcpy(ours + 2 * value_index(type, head_size, to, 0), theirs + 2 * value_index(type, head_size, from, 0), 2 * head_size);
        return;
    }
    const size_t scales = QK_KV_BLOCK * padded_head(head_size);
    memcpy(ours + scales + to * sizeof(float), theirs + scales + from * sizeof(float), sizeof(float));
    for (size_t d = 0; d < head_size; d++) ours[value_index(type, head_size, to, d)] = theirs[value_index(type, head_size, from, d)];
}
