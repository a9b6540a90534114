// Norms and sums: the scalar reference, and the choice of the version.
#include "elementwise.h"
#include "levels.h"

#include <math.h>

void qk_rms_norm_scalar(float *y, const float *x, const float *weight, size_t n, float epsilon) {
    float squares = 0;
    for (size_t i = 0; i < n; i++) squares += x[i] * x[i];
    const float scale = 1 / sqrtf(squares / (float)n + epsilon);
    for (size_t i = 0; i < n; i++) y[i] = x[i] * scale * weight[i];
}

void qk_rms_norm_at(qk_cpu level, float *y, const float *x, const float *weight, size_t n, float epsilon) {
    qk_functions_at(level)->rms_norm(y, x, weight, n, epsilon);
}

void qk_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon) {
    qk_rms_norm_at(qk_cpu_level(), y, x, weight, n, epsilon);
}

void qk_add(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}
