// Where a head's keys and values are in a KV block. Both are laid out as the kernels' weights are: 16 numbers that are computed side by side lie
// side by side, positions for scores, elements of the head for mixtures.
//   F16: keys (element, 64 positions), values (64 positions, element).
//   Q8:  keys (panel of 16 positions, group of 4 elements, 16 positions, 4), their scales (64 floats),
//        values (panel of 16 elements, group of 4 positions, 16 elements, 4), their scales (64 floats).
// The head size is rounded up to a multiple of 16; what is beyond it is zeros.
#ifndef QUARRY_KV_H
#define QUARRY_KV_H

#include "attention.h"

static inline size_t padded_head(size_t head_size) { return (head_size + 15) / 16 * 16; }

static inline size_t key_index(qk_kv_type type, size_t head_size, size_t slot, size_t d) {
    if (type == QK_KV_F16) return d * QK_KV_BLOCK + slot;
    return (slot / 16 * (padded_head(head_size) / 4) + d / 4) * 64 + slot % 16 * 4 + d % 4;
}

static inline size_t value_index(qk_kv_type type, size_t head_size, size_t slot, size_t d) {
    if (type == QK_KV_F16) return slot * padded_head(head_size) + d;
    return (d / 16 * (QK_KV_BLOCK / 4) + slot / 4) * 64 + d % 16 * 4 + slot % 4;
}

/// Bytes of the keys, or of the values, with their scales.
static inline size_t kv_half_bytes(qk_kv_type type, size_t head_size) {
    const size_t count = QK_KV_BLOCK * padded_head(head_size);
    return type == QK_KV_F16 ? 2 * count : count + QK_KV_BLOCK * sizeof(float);
}

/// Weights of a block are rounded to WEIGHT_STEPS of the heaviest, or to COARSE_STEPS where that loses nothing: where the block's weights are
/// together at least FLAT_SHARE times the heaviest, so that few are near a step, or the heaviest is at most SMALL_SHARE of all weights so far.
#define WEIGHT_STEPS 32767
#define COARSE_STEPS 127
#define FLAT_SHARE 4
#define SMALL_SHARE (1.0f / 512)

/// The scales of keys or values stored as int8.
static inline const float *kv_scales(const uint8_t *half, size_t head_size) {
    return (const float *)(const void *)(half + QK_KV_BLOCK * padded_head(head_size));
}

/// The largest magnitude of some numbers, and int8 numbers out of them: x ≈ largest / 127 · q.
float qk_round_to_bytes(int8_t *q, const float *x, size_t n);

#endif
