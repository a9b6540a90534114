#ifndef QUARRY_ATTENTION_H
#define QUARRY_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

/// Positions of a KV block.
#define QK_KV_BLOCK 64

/// Stores one position's key and value of one head, as half-precision floats: keys transposed, (head_size, 64), so that the scores of
/// eight positions are one vector; values (64, head_size).
void qk_kv_store(uint16_t *keys, uint16_t *values, const float *k, const float *v, size_t slot, size_t head_size);

/// Floats of scratch that `qk_attention` needs.
size_t qk_attention_scratch_count(size_t rows, size_t heads, size_t head_size);

/// Causal attention of one KV head: `rows` queries at the positions `first`, `first` + 1 …, each with `heads` query heads that lie one after
/// the other; rows of `q` and `out` are `stride` floats apart. Block b's keys are at blocks[b] + key_offset, its values at + value_offset.
/// A query sees the last `window` positions, its own included; 0: all of them.
///
/// Online softmax (Milakov & Gimelshein 2018) over the blocks in order; queries read keys and values as they are stored. The result of a query
/// depends neither on the rows beside it nor on how the positions before it were computed. `head_size` is a multiple of 8.
void qk_attention(
    float *out, const float *q, size_t stride, size_t rows, size_t first, size_t window, size_t heads, size_t head_size,
    const uint16_t *const *blocks, size_t key_offset, size_t value_offset, float *scratch);

#endif
