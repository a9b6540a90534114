// Gated activations: the scalar references, and the choice of the version.
#include "gated.h"
#include "levels.h"

#include <math.h>

void qk_swiglu_scalar(float *gate, const float *up, size_t n) {
    for (size_t i = 0; i < n; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

void qk_geglu_scalar(float *gate, const float *up, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float x = gate[i];
        gate[i] = 0.5f * x * (1 + tanhf(0.7978845608f * (x + 0.044715f * x * x * x))) * up[i];
    }
}

void qk_swiglu_at(qk_cpu level, float *gate, const float *up, size_t n) { qk_functions_at(level)->swiglu(gate, up, n); }
void qk_geglu_at(qk_cpu level, float *gate, const float *up, size_t n) { qk_functions_at(level)->geglu(gate, up, n); }

void qk_swiglu(float *gate, const float *up, size_t n) { qk_swiglu_at(qk_cpu_level(), gate, up, n); }
void qk_geglu(float *gate, const float *up, size_t n) { qk_geglu_at(qk_cpu_level(), gate, up, n); }
