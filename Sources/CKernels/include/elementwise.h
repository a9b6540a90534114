#ifndef QUARRY_ELEMENTWISE_H
#define QUARRY_ELEMENTWISE_H

#include <stddef.h>

/// y = x / √(mean(x²) + ε) · weight, over n elements (Zhang & Sennrich 2019).
void qk_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon);

/// gate = silu(gate) · up, silu(x) = x / (1 + e^−x) (Shazeer 2020), over n elements.
void qk_swiglu(float *gate, const float *up, size_t n);

/// Rotates adjacent pairs of a head (Su et al. 2021): (x0, x1) → (x0 cos − x1 sin, x0 sin + x1 cos); `cosine`, `sine` hold `pairs` values.
void qk_rope_pairs(float *head, const float *cosine, const float *sine, size_t pairs);

#endif
