// Products of one vector of bytes with many: four rows at a time share the loads of the left side. Rows are anywhere in memory, and waiting for
// them is most of the time, so those to come are asked for ahead.

/// Rows that are asked for ahead, where they do not follow each other: into the second level, which may have more requests under way than the first
/// (measured: 10,000 of a million rows in .32 ms, .55 into the first).
#define CODE_ROWS_AHEAD 16
/// Bytes that are asked for ahead where rows follow each other, into the second level: the processor alone looks ahead too little (measured on Zen 4:
/// 100,000 rows of 384 in 1.6 ms with AVX2 and 2.0 with AVX-512, 2.9 without).
#define CODE_BYTES_AHEAD 8192

TARGET static inline __attribute__((always_inline)) void code_products_of(
    int32_t *products, const qk_code_left *query, const uint8_t *const *row, const size_t count, const size_t width) {
    counts sums[4] = {c_zero(), c_zero(), c_zero(), c_zero()};
    for (size_t k = 0; k < width; k += CODE_BYTES)
        for (size_t r = 0; r < count; r++) sums[r] = c_products(sums[r], row[r] + k, query->bytes + k, width);
    for (size_t r = 0; r < count; r++) products[r] = c_sum(sums[r]) - c_bias(query->total);
}

TARGET static void code_products(int32_t *products, const qk_code_left *query, const uint8_t *codes, const int32_t *rows, size_t count, size_t n) {
    const size_t width = (n + QK_CODE_PADDING - 1) / QK_CODE_PADDING * QK_CODE_PADDING;
    for (size_t i = 0; i < count && i < CODE_ROWS_AHEAD && rows != NULL; i++)
        for (size_t k = 0; k < n; k += 64) __builtin_prefetch(codes + (size_t)rows[i] * n + k, 0, 2);
    for (size_t i = 0; i < count; i += 4) {
        const size_t some = count - i < 4 ? count - i : 4;
        const uint8_t *row[4];
        for (size_t r = 0; r < some; r++) row[r] = codes + (rows != NULL ? (size_t)rows[i + r] : i + r) * n;
        for (size_t r = i + CODE_ROWS_AHEAD; rows != NULL && r < i + CODE_ROWS_AHEAD + 4 && r < count; r++)
            for (size_t k = 0; k < n; k += 64) __builtin_prefetch(codes + (size_t)rows[r] * n + k, 0, 2);
        for (size_t k = 0; rows == NULL && k < 4 * n; k += 64) __builtin_prefetch(row[0] + CODE_BYTES_AHEAD + k, 0, 2);
        if (some == 4)
            code_products_of(products + i, query, row, 4, width);
        else
            for (size_t r = 0; r < some; r++) code_products_of(products + i + r, query, row + r, 1, width);
    }
}
