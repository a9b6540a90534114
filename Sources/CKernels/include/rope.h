#ifndef QUARRY_ROPE_H
#define QUARRY_ROPE_H

#include <stddef.h>

/// Rotates the pairs of a head (Su et al. 2021): (x0, x1) → (x0 cos − x1 sin, x0 sin + x1 cos). `cosine` and `sine` hold `pairs` values; what
/// lies behind the first 2 · pairs elements stays.
///
/// Adjacent elements are a pair, as in the paper and in llama's files.
void qk_rope_pairs(float *head, const float *cosine, const float *sine, size_t pairs);

/// Elements i and i + pairs are a pair, as in GPT-NeoX.
void qk_rope_halves(float *head, const float *cosine, const float *sine, size_t pairs);

#endif
