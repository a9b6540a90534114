// Stored rows into the panels that `format.h` describes.
#include "format.h"

#include <string.h>

size_t qk_matrix_byte_count(qk_type type, size_t n, size_t k) { return (n + QK_PANEL - 1) / QK_PANEL * panel_bytes(format_of(type), k); }

static uint32_t load4(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static void merge4(uint8_t *bytes, uint32_t more) {
    const uint32_t value = load4(bytes) | more;
    memcpy(bytes, &value, sizeof value);
}

/// Adds some bits (1, 2, 4 or 8, from `shift` on) of a row's codes to its place in the vectors.
static inline __attribute__((always_inline)) void pack_bits(uint8_t *vectors, const uint8_t *code, int bits, int shift) {
    const int groups = bits == 4 ? 1 : 8 / bits;  // neighbouring groups that share a vector
    const uint32_t mask = 0x01010101u * ((1u << bits) - 1);
    for (int g = 0; g < 8; g++) {
        const uint32_t some = load4(code + 4 * g) >> shift & mask;
        if (bits == 4) merge4(vectors + g % 4 * 64, some << g / 4 * 4);
        else merge4(vectors + g / groups * 64, some << g % groups * bits);
    }
}

static void pack_scales(uint8_t *header, const stored_block *block, format f, size_t r, size_t index) {
    const size_t group = index % (header_columns(f) / QK_BLOCK) * (size_t)(QK_BLOCK / f.group);
    uint8_t *halves = header + 2 * r, *bytes = header + QK_PANEL * 2 + r;
    memcpy(halves, &block->scale, 2);
    if (f.scales == SCALE_HALF_MINIMUM || f.scales == SCALE_SUPER_MINIMUM || f.scales == SCALE_SUPER_NIBBLES) {
        memcpy(halves + QK_PANEL * 2, &block->minimum, 2);
        bytes += QK_PANEL * 2;
    }
    for (size_t g = 0; f.scales >= SCALE_SUPER && g < (size_t)(QK_BLOCK / f.group); g++) {
        uint8_t *place = bytes + (group + g) * QK_PANEL;
        *place = block->group_scale[g];
        if (f.scales == SCALE_SUPER_NIBBLES) *place |= (uint8_t)(block->group_minimum[g] << 4);
        if (f.scales == SCALE_SUPER_MINIMUM) place[QK_PANEL * (256 / (size_t)f.group)] = block->group_minimum[g];
    }
}

/// The panels of one type; inlined with a constant, so that the loops over bits are straight code.
static inline __attribute__((always_inline)) void pack(
    uint8_t *packed, const uint8_t *rows, const qk_type type, size_t n, size_t k, size_t first, size_t last) {
    const format f = format_of(type);
    const size_t row_bytes = k / (size_t)f.columns * (size_t)f.bytes;
    for (size_t p = first; p < last; p++) {
        uint8_t *header = packed + p * panel_bytes(f, k), *codes = header + codes_offset(f, k);
        memset(header, 0, panel_bytes(f, k));  // rows beyond the last are zeros
        for (size_t index = 0; index < k / QK_BLOCK; index++, codes += block_code_bytes(f))
            for (size_t r = 0; r < QK_PANEL && p * QK_PANEL + r < n; r++) {
                stored_block block;
                qk_read_block(&block, rows + (p * QK_PANEL + r) * row_bytes, type, index);
                pack_scales(header + index * QK_BLOCK / header_columns(f) * header_bytes(f), &block, f, r, index);
                pack_bits(codes + 4 * r, block.code, f.low_bits, 0);
                if (f.high_bits == 1) pack_bits(codes + 64 * f.low_bits + 4 * r, block.code, 1, f.low_bits);
                if (f.high_bits == 2) pack_bits(codes + 64 * f.low_bits + 4 * r, block.code, 2, f.low_bits);
            }
    }
}

void qk_matrix_pack(void *packed, const void *rows, qk_type type, size_t n, size_t k, size_t first, size_t last) {
#define CASE(T) \
    case QK_TYPE_##T: pack(packed, rows, QK_TYPE_##T, n, k, first, last); return;
    switch (type) {
        EACH_QUANTISED_TYPE(CASE)
    default: __builtin_unreachable();
    }
#undef CASE
}
