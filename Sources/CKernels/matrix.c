// Products of int8 activations with quantised weights: the scalar reference, and the choice of the version.
#include "format.h"
#include "half.h"
#include "levels.h"

#include <math.h>

static int scalar_code(const uint8_t *codes, format f, size_t r, size_t column) {
    const size_t g = column / 4, byte = 4 * r + column % 4;
    const uint8_t *high = codes + 64 * f.low_bits;
    int code = 0;
    switch (f.low_bits) {
    case 8: code = codes[64 * g + byte]; break;
    case 4: code = codes[64 * (g % 4) + byte] >> g / 4 * 4 & 15; break;
    default: code = codes[64 * (g / 4) + byte] >> g % 4 * 2 & 3;
    }
    if (f.high_bits == 1) code |= (high[byte] >> g & 1) << f.low_bits;
    if (f.high_bits == 2) code |= (high[64 * (g / 4) + byte] >> g % 4 * 2 & 3) << f.low_bits;
    switch (f.codes) {
    case CODES_UNSIGNED: return code;
    case CODES_SIGNED: return (int8_t)code;
    case CODES_IQ4: return iq4_values[code];
    case CODES_MXFP4: return mxfp4_values[code];
    }
    __builtin_unreachable();
}

/// The scales of a row of a panel, as `qk_read_block` gives them.
static stored_block scalar_scales(const uint8_t *header, format f, size_t r, size_t index) {
    stored_block out = {.code = {0}};
    const uint8_t *halves = header + 2 * r, *bytes = header + QK_PANEL * 2 + r;
    memcpy(&out.scale, halves, 2);
    if (f.scales == SCALE_HALF_MINIMUM || f.scales == SCALE_SUPER_MINIMUM || f.scales == SCALE_SUPER_NIBBLES) {
        memcpy(&out.minimum, halves + QK_PANEL * 2, 2);
        bytes += QK_PANEL * 2;
    }
    const size_t groups = (size_t)(QK_BLOCK / f.group);
    for (size_t g = 0; f.scales >= SCALE_SUPER && g < groups; g++) {
        const uint8_t *place = bytes + (index % 8 * groups + g) * QK_PANEL;
        out.group_scale[g] = *place;
        if (f.scales == SCALE_SUPER_NIBBLES) out.group_scale[g] = *place & 15, out.group_minimum[g] = *place >> 4;
        if (f.scales == SCALE_SUPER_MINIMUM) out.group_minimum[g] = place[QK_PANEL * 8];
    }
    return out;
}

void qk_matrix_scalar(
    float *y, size_t stride, const qk_activations *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    const format f = format_of(type);
    const size_t blocks = k / QK_BLOCK;
    for (size_t column = first * QK_PANEL; column < last * QK_PANEL && column < n; column++) {
        const size_t r = column % QK_PANEL;
        const uint8_t *panel = packed + column / QK_PANEL * panel_bytes(f, k), *codes = panel + codes_offset(f, k);
        for (size_t row = 0; row < m; row++) y[row * stride + column] = 0;
        for (size_t b = 0; b < blocks; b++) {
            const stored_block scales = scalar_scales(panel + b * QK_BLOCK / header_columns(f) * header_bytes(f), f, r, b);
            int code[QK_BLOCK];
            for (size_t i = 0; i < QK_BLOCK; i++) code[i] = scalar_code(codes + b * block_code_bytes(f), f, r, i);
            for (int g = 0; g < QK_BLOCK / f.group; g++) {
                float scale, minimum;
                qk_group_scales(&scales, type, g, &scale, &minimum);
                if (f.offset) minimum = scale * (float)-f.offset;
                for (size_t row = 0; row < m; row++) {
                    const qk_activations *a = x + row * blocks + b;
                    const float sum = f.group == QK_BLOCK ? a->sum : g == 0 ? a->first_sum : a->sum - a->first_sum;
                    int product = 0;
                    for (int i = g * f.group; i < (g + 1) * f.group; i++) product += code[i] * a->q[i];
                    float *out = y + row * stride + column;
                    *out = fmaf((float)product, scale * a->scale, *out);
                    *out = fmaf(minimum, sum, *out);
                }
            }
        }
    }
}

void qk_matrix_multiply_at(
    qk_cpu level, float *y, size_t stride, const qk_activations *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first,
    size_t last) {
    qk_functions_at(level)->matrix(y, stride, x, packed, type, m, n, k, first, last);
}

void qk_matrix_multiply(
    float *y, size_t stride, const qk_activations *x, const void *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    qk_matrix_multiply_at(qk_cpu_level(), y, stride, x, packed, type, m, n, k, first, last);
}
