// The tile of the integer product: some rows of activations against LANES rows of a panel. Written once for all processors, in terms of the
// vector operations that the including file defines:
//   LANES                          rows of weights in a vector: 4, 8 or 16
//   ROWS, FLOAT_ROWS               rows of activations at a time
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

INLINE void tile(
    const qk_type type, const int rows, float *y, size_t stride, const qk_activations *x, const uint8_t *panel, size_t k, size_t lane,
    size_t columns) {
    const format f = format_of(type);
    const bool has_minimum = f.offset || f.scales == SCALE_HALF_MINIMUM || f.scales >= SCALE_SUPER_MINIMUM;
    const bool is_signed = f.codes == CODES_SIGNED || f.codes == CODES_IQ4;
    const int largest = is_signed ? 255 : f.codes == CODES_MXFP4 ? 24 : (1 << (f.low_bits + f.high_bits)) - 1;
    const int groups = QK_BLOCK / f.group, vectors = 8 / groups;
    const size_t blocks = k / QK_BLOCK, header_blocks = header_columns(f) / QK_BLOCK;
    const uint8_t *codes = panel + codes_offset(f, k) + 4 * lane;
    floats sum[ROWS];
    for (int r = 0; r < rows; r++) sum[r] = f_zero();
    for (size_t b = 0; b < blocks; b++, codes += block_code_bytes(f)) {
        const uint8_t *header = panel + b / header_blocks * header_bytes(f);
        integers code[8];
        // Headers and codes are asked for apart, each as far ahead; together that is all of the panels to come.
        if (lane == 0) prefetch(codes, block_code_bytes(f));
        if (lane == 0 && b % header_blocks == 0) prefetch(header, header_bytes(f));
        load_codes(code, codes, f);
        for (int g = 0; g < groups; g++) {
            floats scale, minimum = f_zero();
            load_scales(&scale, &minimum, header, f, b % header_blocks * (size_t)groups + (size_t)g, lane);
            // Else the sums stand in memory: the compiler finds the loop too long to unroll by itself.
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const qk_activations *a = x + (size_t)r * blocks + b;
                const floats value = f_from_integers(dot(code + vectors * g, a->q + 4 * vectors * g, vectors, largest, is_signed, a->total));
                sum[r] = f_fma(value, f_mul(scale, f_all(a->scale)), sum[r]);
                if (has_minimum)
                    sum[r] = f_fma(minimum, f_all(groups == 1 ? a->sum : g == 0 ? a->first_sum : a->sum - a->first_sum), sum[r]);
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        float *out = y + (size_t)r * stride;
        if (columns >= LANES) {
            f_store(out, sum[r]);
        } else {
            float all[LANES];
            f_store(all, sum[r]);
            memcpy(out, all, columns * sizeof *all);
        }
    }
}

/// All rows against the panels; ROWS at a time, then what is left.
INLINE void multiply(
    const qk_type type, float *y, size_t stride, const qk_activations *x, const uint8_t *packed, size_t m, size_t n, size_t k, size_t first,
    size_t last) {
    const size_t blocks = k / QK_BLOCK;
    for (size_t p = first; p < last; p++)
        for (size_t lane = 0; lane < QK_PANEL && p * QK_PANEL + lane < n; lane += LANES) {
            const uint8_t *panel = packed + p * panel_bytes(format_of(type), k);
            float *out = y + p * QK_PANEL + lane;
            const size_t columns = n - p * QK_PANEL - lane;
            size_t row = 0;
            for (; row + ROWS <= m; row += ROWS) tile(type, ROWS, out + row * stride, stride, x + row * blocks, panel, k, lane, columns);
            if (ROWS > 4 && row + 4 <= m) {
                tile(type, 4, out + row * stride, stride, x + row * blocks, panel, k, lane, columns);
                row += 4;
            }
            if (row + 2 <= m) {
                tile(type, 2, out + row * stride, stride, x + row * blocks, panel, k, lane, columns);
                row += 2;
            }
            if (row < m) tile(type, 1, out + row * stride, stride, x + row * blocks, panel, k, lane, columns);
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
