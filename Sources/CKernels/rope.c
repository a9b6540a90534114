#include "rope.h"

// One expression for both orders: compilers vectorise the loops, and the elements do not depend on each other.
static inline void rotate(float *x0, float *x1, float cosine, float sine) {
    const float a = *x0, b = *x1;
    *x0 = a * cosine - b * sine;
    *x1 = a * sine + b * cosine;
}

void qk_rope_pairs(float *head, const float *cosine, const float *sine, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) rotate(head + 2 * i, head + 2 * i + 1, cosine[i], sine[i]);
}

void qk_rope_halves(float *head, const float *cosine, const float *sine, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) rotate(head + i, head + pairs + i, cosine[i], sine[i]);
}
