#ifndef QUARRY_ATTENTION_H
#define QUARRY_ATTENTION_H

#include "cpu.h"

#include <stddef.h>
#include <stdint.h>

/// Positions of a KV block.
#define QK_KV_BLOCK 64
/// Elements of a head at most.
#define QK_HEAD_LIMIT 1024

/// How keys and values are stored.
typedef enum {
    /// Half-precision floats.
    QK_KV_F16 = 0,
    /// int8 with a scale for each position and head; scores and mixtures are sums of integers.
    QK_KV_Q8 = 1,
} qk_kv_type;

/// Bytes of one head's keys and values in a block; a multiple of 64. `head_size` is a multiple of 8.
size_t qk_kv_head_bytes(qk_kv_type type, size_t head_size);

/// Stores one position's key and value of one head, at `slot` of the block whose part for this head begins at `head` (aligned to 64).
///
/// Numbers beyond half precision are stored as its largest, so that what is stored is finite unless the model's numbers are not.
void qk_kv_store(qk_kv_type type, void *head, const float *k, const float *v, size_t slot, size_t head_size);

/// The key, or the value, that is stored at `slot`, as the numbers that it stands for.
void qk_kv_load_key(qk_kv_type type, const void *head, float *k, size_t slot, size_t head_size);
void qk_kv_load_value(qk_kv_type type, const void *head, float *v, size_t slot, size_t head_size);

/// Stores a key alone, as `qk_kv_store` does.
void qk_kv_store_key(qk_kv_type type, void *head, const float *k, size_t slot, size_t head_size);

/// Copies the value at slot `from` of one block to slot `to` of another, bit for bit.
void qk_kv_copy_value(qk_kv_type type, const void *source, size_t from, void *target, size_t to, size_t head_size);

/// Attention of one KV head and the query heads that share it.
typedef struct {
    qk_kv_type type;
    /// Queries: `rows` of them, at the positions `first`, `first` + 1 …, each with `heads` query heads that lie one after the other; rows of
    /// queries and results are `stride` floats apart.
    const float *queries;
    size_t stride, rows, first, heads, head_size;
    /// The sequence's blocks, and where this head's keys and values begin in each (bytes).
    const void *const *blocks;
    size_t offset;
    /// Positions that a query sees, its own included; 0 for all before it.
    size_t window;
    /// What scores are multiplied by, 1 / √head_size as a rule.
    float scale;
} qk_attention_job;

/// Floats of scratch that `qk_attention` needs; it is aligned to 64.
size_t qk_attention_scratch_count(size_t rows, size_t heads, size_t head_size);

/// Causal attention by online softmax (Milakov & Gimelshein 2018) over the blocks in order; queries read keys and values as they are stored. The
/// result of a query depends neither on the rows beside it nor on how the positions before it were computed.
///
/// For QK_KV_Q8 queries are rounded to int8 with a scale for each head, and the weights of a block to 15 bits of their largest, or to 7
/// where the block weighs little.
void qk_attention(float *out, const qk_attention_job *job, float *scratch);
void qk_attention_at(qk_cpu level, float *out, const qk_attention_job *job, float *scratch);

#endif
