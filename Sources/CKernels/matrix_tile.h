// The tile of the integer product: some rows of activations against LANES rows of a panel. Written once for all processors, in terms of the
// vector operations that the including file defines:
//   LANES                          rows of weights in a vector: 4, 8 or 16
//   ROWS, FLOAT_ROWS               rows of activations at a time
//   READY_ROWS                     rows from which on a block that is costly to read is read once for all of them; 0 for never
//   TARGET                         the attribute of functions that use the instructions
//   BIASED_CODES                   1: bytes are multiplied as unsigned × signed, so that signed codes get 128 added
//   floats, integers, counts       vector types: LANES floats, 4 · LANES bytes, LANES int32
//   f_zero, f_all, f_load, f_load_halves, f_load_uppers, f_from_bytes (signed), f_from_unsigned, f_from_nibbles,
//   f_from_integers, f_fma, f_mul, f_neg_mul, f_store
//   i_load, i_and, i_or, i_left, i_right (bits of all bytes, the caller masks), i_look_up (sixteen bytes), i_flip (the top bits)
//   dot                            Σ code · activation over `count` groups, as int32; `largest` code tells what fits into 16 bits
#define VECTORS (QK_PANEL / LANES)
#define INLINE TARGET static inline __attribute__((always_inline))

/// How far ahead weights are asked for. Decoding waits for memory, and the processor alone looks ahead too little.
#define PREFETCH_BYTES 8192

/// Asks for what comes PREFETCH_BYTES after some bytes, into the second level: there may be more requests under way than into the first, and one
/// row alone reads twice as fast (measured on Zen 4: 24 GB/s a core, 12 into the first level, 10 without).
INLINE void prefetch(const uint8_t *bytes, size_t count) {
    for (size_t line = 0; line < count; line += 64) __builtin_prefetch(bytes + PREFETCH_BYTES + line, 0, 2);
}

/// The eight groups of a block's codes, ready to be multiplied.
INLINE void load_codes(integers *code, const uint8_t *bytes, const format f) {
    const integers nibble = i_all(15), two = i_all(3);
    for (int g = 0; g < 4; g++) {
        if (f.low_bits == 8) {
            code[g] = i_load(bytes + 64 * g);
            code[g + 4] = i_load(bytes + 64 * (g + 4));
        } else if (f.low_bits == 4) {
            const integers pair = i_load(bytes + 64 * g);
            code[g] = i_and(pair, nibble);
            code[g + 4] = i_and(i_right(pair, 4), nibble);
        } else {
            code[g] = i_and(i_right(i_load(bytes), 2 * g), two);
            code[g + 4] = i_and(i_right(i_load(bytes + 64), 2 * g), two);
        }
    }
    bytes += 64 * f.low_bits;
    const integers high = i_all(((1 << f.high_bits) - 1) << f.low_bits);
    for (int g = 0; g < 8 && f.high_bits; g++) {
        const int place = f.high_bits == 1 ? g : 2 * (g % 4), shift = f.low_bits - place;
        const integers vector = i_load(bytes + (f.high_bits == 1 ? 0 : 64 * (g / 4)));
        code[g] = i_or(code[g], i_and(shift >= 0 ? i_left(vector, shift) : i_right(vector, -shift), high));
    }
    if (f.codes == CODES_IQ4 || f.codes == CODES_MXFP4)
        for (int g = 0; g < 8; g++) code[g] = i_look_up(f.codes == CODES_IQ4 ? iq4_values : mxfp4_values, code[g]);
    if (BIASED_CODES && (f.codes == CODES_SIGNED || f.codes == CODES_IQ4))
        for (int g = 0; g < 8; g++) code[g] = i_flip(code[g]);
}

/// Scale and minimum of a group; `lane` is the first of the LANES rows.
INLINE void load_scales(floats *scale, floats *minimum, const uint8_t *header, const format f, size_t group, size_t lane) {
    const uint8_t *halves = header + 2 * lane, *bytes = header + QK_PANEL * 2 + lane + QK_PANEL * group;
    *scale = f.scales == SCALE_POWER ? f_load_uppers(halves) : f_load_halves(halves);
    if (f.scales == SCALE_HALF_MINIMUM) *minimum = f_load_halves(halves + QK_PANEL * 2);
    if (f.scales == SCALE_SUPER) *scale = f_mul(*scale, f_from_bytes(bytes));
    if (f.scales == SCALE_SUPER_MINIMUM || f.scales == SCALE_SUPER_NIBBLES) {
        const floats second = f_load_halves(halves + QK_PANEL * 2);
        bytes += QK_PANEL * 2;
        if (f.scales == SCALE_SUPER_NIBBLES) {
            *scale = f_mul(*scale, f_from_nibbles(bytes, 0));
            *minimum = f_neg_mul(second, f_from_nibbles(bytes, 4));
        } else {
            *scale = f_mul(*scale, f_from_unsigned(bytes));
            *minimum = f_neg_mul(second, f_from_unsigned(bytes + QK_PANEL * 8));
        }
    }
    if (f.offset) *minimum = f_mul(*scale, f_all((float)-f.offset));
}

/// Up to LANES floats of a row of y.
INLINE floats load_columns(const float *y, size_t columns) {
    if (columns >= LANES) return f_load(y);
    float all[LANES] = {0};
    memcpy(all, y, columns * sizeof *all);
    return f_load(all);
}

INLINE void store_columns(float *y, floats value, size_t columns) {
    if (columns >= LANES) {
        f_store(y, value);
    } else {
        float all[LANES];
        f_store(all, value);
        memcpy(y, all, columns * sizeof *all);
    }
}

/// 32 columns as they are multiplied: the codes of their eight groups, and the floats of each scale.
typedef struct {
    integers code[8];
    floats scale[2], minimum[2];
} ready_block;

static inline __attribute__((always_inline)) int group_count(const format f) { return QK_BLOCK / f.group; }

INLINE void make_ready(ready_block *out, const format f, const uint8_t *panel, size_t k, size_t lane, size_t b) {
    const size_t header_blocks = header_columns(f) / QK_BLOCK;
    const uint8_t *codes = panel + codes_offset(f, k) + b * block_code_bytes(f), *header = panel + b / header_blocks * header_bytes(f);
    // Headers and codes are asked for apart, each as far ahead; together that is all of the panels to come.
    if (lane == 0) prefetch(codes, block_code_bytes(f));
    if (lane == 0 && b % header_blocks == 0) prefetch(header, header_bytes(f));
    load_codes(out->code, codes + 4 * lane, f);
    for (int g = 0; g < group_count(f); g++) {
        out->minimum[g] = f_zero();
        load_scales(&out->scale[g], &out->minimum[g], header, f, b % header_blocks * (size_t)group_count(f) + (size_t)g, lane);
    }
}

/// The columns [first, last) of x against a panel; sums begin with what y has unless these are the first.
///
/// - `ready`: Their blocks; NULL to read each from the panel.
INLINE void tile(
    const qk_type type, const int rows, float *y, size_t stride, const qk_activations *x, const uint8_t *panel, const ready_block *ready, size_t k,
    size_t lane, size_t columns, size_t first, size_t last) {
    const format f = format_of(type);
    const bool has_minimum = f.offset || f.scales == SCALE_HALF_MINIMUM || f.scales >= SCALE_SUPER_MINIMUM;
    const bool is_signed = f.codes == CODES_SIGNED || f.codes == CODES_IQ4;
    const int largest = is_signed ? 255 : f.codes == CODES_MXFP4 ? 24 : (1 << (f.low_bits + f.high_bits)) - 1;
    const int groups = group_count(f), vectors = 8 / groups;
    const size_t blocks = k / QK_BLOCK;
    floats sum[ROWS];
    for (int r = 0; r < rows; r++) sum[r] = first ? load_columns(y + (size_t)r * stride, columns) : f_zero();
    for (size_t b = first; b < last; b++) {
        ready_block block;
        if (ready) block = ready[b - first];
        else make_ready(&block, f, panel, k, lane, b);
        // Else the sums stand in memory: the compiler finds the loops too long to unroll by itself.
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) {
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const qk_activations *a = x + (size_t)r * blocks + b;
                const floats value = f_from_integers(dot(block.code + vectors * g, a->q + 4 * vectors * g, vectors, largest, is_signed, a->total));
                sum[r] = f_fma(value, f_mul(block.scale[g], f_all(a->scale)), sum[r]);
                if (has_minimum)
                    sum[r] = f_fma(block.minimum[g], f_all(groups == 1 ? a->sum : g == 0 ? a->first_sum : a->sum - a->first_sum), sum[r]);
            }
        }
    }
    for (int r = 0; r < rows; r++) store_columns(y + (size_t)r * stride, sum[r], columns);
}

/// Blocks that are made ready at a time: they stay in the first level.
#define READY_BLOCKS (16384 / sizeof(ready_block))

/// Whether a block of a type takes so many operations to make ready that many rows should share one.
static inline __attribute__((always_inline)) bool is_made_ready_once(const format f) {
    return f.high_bits || f.low_bits == 2 || f.codes == CODES_MXFP4 || f.scales >= SCALE_SUPER_MINIMUM;
}

/// All rows against the panels; ROWS at a time, then what is left.
INLINE void multiply(
    const qk_type type, float *y, size_t stride, const qk_activations *x, const uint8_t *packed, size_t m, size_t n, size_t k, size_t first,
    size_t last) {
    const format f = format_of(type);
    const size_t blocks = k / QK_BLOCK;
    for (size_t p = first; p < last; p++)
        for (size_t lane = 0; lane < QK_PANEL && p * QK_PANEL + lane < n; lane += LANES) {
            const uint8_t *panel = packed + p * panel_bytes(f, k);
            float *out = y + p * QK_PANEL + lane;
            const size_t columns = n - p * QK_PANEL - lane;
            size_t row = 0;
            if (READY_ROWS && m >= READY_ROWS && is_made_ready_once(f)) {
                ready_block ready[READY_BLOCKS];
                for (size_t b = 0; b < blocks; b += READY_BLOCKS) {
                    const size_t end = b + READY_BLOCKS < blocks ? b + READY_BLOCKS : blocks;
                    for (size_t i = b; i < end; i++) make_ready(ready + (i - b), f, panel, k, lane, i);
                    for (row = 0; row + ROWS <= m; row += ROWS)
                        tile(type, ROWS, out + row * stride, stride, x + row * blocks, panel, ready, k, lane, columns, b, end);
                }
            }
#define TILE(rows) tile(type, rows, out + row * stride, stride, x + row * blocks, panel, NULL, k, lane, columns, 0, blocks)
            for (; row + ROWS <= m; row += ROWS) TILE(ROWS);
            if (ROWS > 4 && row + 4 <= m) {
                TILE(4);
                row += 4;
            }
            if (row + 2 <= m) {
                TILE(2);
                row += 2;
            }
            if (row < m) TILE(1);
#undef TILE
        }
}

// A function for each type, so that each is compiled by itself.
#define FUNCTION(T)                                                                                                                     \
    TARGET static void multiply_##T(                                                                                                    \
        float *y, size_t stride, const qk_activations *x, const uint8_t *packed, size_t m, size_t n, size_t k, size_t first, size_t last) { \
        multiply(QK_TYPE_##T, y, stride, x, packed, m, n, k, first, last);                                                              \
    }
EACH_QUANTISED_TYPE(FUNCTION)
#undef FUNCTION

static void multiply_type(
    float *y, size_t stride, const qk_activations *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
#define CASE(T) \
    case QK_TYPE_##T: multiply_##T(y, stride, x, packed, m, n, k, first, last); return;
    switch (type) {
        EACH_QUANTISED_TYPE(CASE)
    default: __builtin_unreachable();
    }
#undef CASE
}
