#ifndef QUARRY_ELEMENTWISE_H
#define QUARRY_ELEMENTWISE_H

#include "cpu.h"

#include <stddef.h>

/// y = x / √(mean(x²) + ε) · weight, over n elements (Zhang & Sennrich 2019).
void qk_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon);
void qk_rms_norm_at(qk_cpu level, float *y, const float *x, const float *weight, size_t n, float epsilon);

/// y += x, over n elements.
void qk_add(float *y, const float *x, size_t n);

#endif
