#ifndef QUARRY_GATED_H
#define QUARRY_GATED_H

#include "cpu.h"

#include <stddef.h>

/// gate = silu(gate) · up, silu(x) = x / (1 + e^−x) (Shazeer 2020), over n elements.
void qk_swiglu(float *gate, const float *up, size_t n);
void qk_swiglu_at(qk_cpu level, float *gate, const float *up, size_t n);

/// gate = gelu(gate) · up, gelu(x) = x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks & Gimpel 2016), over n elements.
void qk_geglu(float *gate, const float *up, size_t n);
void qk_geglu_at(qk_cpu level, float *gate, const float *up, size_t n);

#endif
