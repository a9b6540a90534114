// The quantised types of GGML as one family. A weight is scale · (code − offset) + minimum, or scale · codebook[code]; a code is a few low bits
// and a few high bits; scales belong to groups of 16 or 32 columns, and have one of five forms. Everything that the kernels do follows from
// this description; it is a compile-time constant wherever a kernel is made for a type.
//
// Formats: the GGUF specification, and ggml-quants as their reference.
#ifndef QUARRY_FORMAT_H
#define QUARRY_FORMAT_H

#include "quantised.h"

typedef enum {
    /// A half each 32 columns.
    SCALE_HALF,
    /// A half and a half minimum each 32 columns.
    SCALE_HALF_MINIMUM,
    /// A power of two each 32 columns, kept as the upper half of a float.
    SCALE_POWER,
    /// A half each 256 columns, times a signed byte each group.
    SCALE_SUPER,
    /// Two halves each 256 columns, times two bytes each group: scale, and what is subtracted.
    SCALE_SUPER_MINIMUM,
    /// The same with two nibbles each group.
    SCALE_SUPER_NIBBLES,
} scale_form;

typedef enum {
    CODES_UNSIGNED,
    /// Signed bytes.
    CODES_SIGNED,
    /// Sixteen signed bytes, the values of IQ4_NL.
    CODES_IQ4,
    /// Sixteen values of four bits of floating point (E2M1), doubled, as value + offset.
    CODES_MXFP4,
} code_form;

typedef struct {
    /// 2, 4 or 8.
    int low_bits;
    /// 0, 1 or 2 bits above them.
    int high_bits;
    code_form codes;
    int offset;
    /// Columns of a scale: 16 or 32.
    int group;
    scale_form scales;
    /// Columns and bytes of a stored block.
    int columns, bytes;
} format;

static inline __attribute__((always_inline)) format format_of(qk_type type) {
    switch (type) {
    case QK_TYPE_Q4_0: return (format){4, 0, CODES_UNSIGNED, 8, 32, SCALE_HALF, 32, 18};
    case QK_TYPE_Q4_1: return (format){4, 0, CODES_UNSIGNED, 0, 32, SCALE_HALF_MINIMUM, 32, 20};
    case QK_TYPE_Q5_0: return (format){4, 1, CODES_UNSIGNED, 16, 32, SCALE_HALF, 32, 22};
    case QK_TYPE_Q5_1: return (format){4, 1, CODES_UNSIGNED, 0, 32, SCALE_HALF_MINIMUM, 32, 24};
    case QK_TYPE_Q8_0: return (format){8, 0, CODES_SIGNED, 0, 32, SCALE_HALF, 32, 34};
    case QK_TYPE_Q2_K: return (format){2, 0, CODES_UNSIGNED, 0, 16, SCALE_SUPER_NIBBLES, 256, 84};
    case QK_TYPE_Q3_K: return (format){2, 1, CODES_UNSIGNED, 4, 16, SCALE_SUPER, 256, 110};
    case QK_TYPE_Q4_K: return (format){4, 0, CODES_UNSIGNED, 0, 32, SCALE_SUPER_MINIMUM, 256, 144};
    case QK_TYPE_Q5_K: return (format){4, 1, CODES_UNSIGNED, 0, 32, SCALE_SUPER_MINIMUM, 256, 176};
    case QK_TYPE_Q6_K: return (format){4, 2, CODES_UNSIGNED, 32, 16, SCALE_SUPER, 256, 210};
    case QK_TYPE_IQ4_NL: return (format){4, 0, CODES_IQ4, 0, 32, SCALE_HALF, 32, 18};
    case QK_TYPE_IQ4_XS: return (format){4, 0, CODES_IQ4, 0, 32, SCALE_SUPER, 256, 136};
    case QK_TYPE_MXFP4: return (format){4, 0, CODES_MXFP4, 12, 32, SCALE_POWER, 32, 17};
    case QK_TYPE_F32: return (format){.columns = 1, .bytes = 4};
    case QK_TYPE_F16:
    case QK_TYPE_BF16: return (format){.columns = 1, .bytes = 2};
    }
    __builtin_unreachable();
}

/// Calls M(type) for every quantised type.
#define EACH_QUANTISED_TYPE(M) \
    M(Q4_0) M(Q4_1) M(Q5_0) M(Q5_1) M(Q8_0) M(Q2_K) M(Q3_K) M(Q4_K) M(Q5_K) M(Q6_K) M(IQ4_NL) M(IQ4_XS) M(MXFP4)

static const int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t mxfp4_values[16] = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};

// A packed matrix is panels of 16 rows. A panel is the scales of all its columns, then the codes: for each 32 columns 64 bytes for every bit of
// a code. Group g of a block is its columns 4 g … 4 g + 3; byte 4 row + i of a 64-byte vector belongs to column 4 g + i of the row. So a vector
// holds four columns of all 16 rows, a broadcast of four activations meets it in one multiply-add, and each lane of the result is a row: no sum
// across lanes is ever needed.
//   8 low bits: vector g is group g.
//   4 low bits: vector g holds group g in the low and group g + 4 in the high nibbles.
//   2 bits:     vector h holds the groups 4 h … 4 h + 3, two bits each, the first lowest.
//   1 bit:      bit g of the vector is group g.

/// Columns that share the scales' header: 32, or the 256 of a super-block.
static inline __attribute__((always_inline)) size_t header_columns(format f) { return f.scales >= SCALE_SUPER ? 256 : QK_BLOCK; }

/// Bytes of a header: halves of 16 rows first (scale, then minimum), then bytes of 16 rows for each group (all scales, then all minima).
static inline __attribute__((always_inline)) size_t header_bytes(format f) {
    const size_t halves = QK_PANEL * 2, bytes = QK_PANEL * (256 / (size_t)f.group);
    switch (f.scales) {
    case SCALE_HALF:
    case SCALE_POWER: return halves;
    case SCALE_HALF_MINIMUM: return 2 * halves;
    case SCALE_SUPER: return halves + bytes;
    case SCALE_SUPER_MINIMUM: return 2 * halves + 2 * bytes;
    case SCALE_SUPER_NIBBLES: return 2 * halves + bytes;
    }
    __builtin_unreachable();
}

static inline __attribute__((always_inline)) size_t block_code_bytes(format f) { return 64 * (size_t)(f.low_bits + f.high_bits); }

/// Bytes from a panel's start to its codes.
static inline __attribute__((always_inline)) size_t codes_offset(format f, size_t k) {
    return (k / header_columns(f) * header_bytes(f) + 63) / 64 * 64;
}

static inline __attribute__((always_inline)) size_t panel_bytes(format f, size_t k) { return codes_offset(f, k) + k / QK_BLOCK * block_code_bytes(f); }

/// 32 columns of a stored row.
typedef struct {
    /// Codes; signed bytes for CODES_SIGNED.
    uint8_t code[QK_BLOCK];
    /// As stored; a power as the upper half of a float.
    uint16_t scale, minimum;
    /// Of each group of the block.
    uint8_t group_scale[2], group_minimum[2];
} stored_block;

/// Block `index` of a stored row.
void qk_read_block(stored_block *out, const uint8_t *row, qk_type type, size_t index);

/// Floats of a block's group: weight = scale · (code − offset) + minimum.
void qk_group_scales(const stored_block *block, qk_type type, int group, float *scale, float *minimum);

#endif
