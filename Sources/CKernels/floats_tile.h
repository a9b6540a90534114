// The tile of the float product, in the vector operations of `matrix_tile.h` and f_load: FLOAT_ROWS rows of x against one panel, a chain of
// fused multiply-adds in every lane.
INLINE floats load_weights(const qk_type type, const uint8_t *bytes) {
    return type == QK_TYPE_F32 ? f_load((const float *)(const void *)bytes) : type == QK_TYPE_F16 ? f_load_halves(bytes) : f_load_uppers(bytes);
}

INLINE void float_tile(
    const qk_type type, const int rows, float *y, size_t stride, const float *x, const uint8_t *panel, size_t k, size_t columns) {
    const size_t size = type == QK_TYPE_F32 ? 4 : 2;
    floats sum[FLOAT_ROWS][VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < VECTORS; v++) sum[r][v] = f_zero();
    for (size_t i = 0; i < k; i++, panel += QK_PANEL * size) {
        floats weight[VECTORS];
        if (QK_PANEL * size >= 64 || i % 2 == 0) prefetch(panel, 64);
        for (int v = 0; v < VECTORS; v++) weight[v] = load_weights(type, panel + (size_t)v * LANES * size);
        for (int r = 0; r < rows; r++) {
            const floats a = f_all(x[(size_t)r * k + i]);
            for (int v = 0; v < VECTORS; v++) sum[r][v] = f_fma(a, weight[v], sum[r][v]);
        }
    }
    for (int r = 0; r < rows; r++) {
        float all[QK_PANEL];
        for (int v = 0; v < VECTORS; v++) f_store(columns >= QK_PANEL ? y + (size_t)r * stride + v * LANES : all + v * LANES, sum[r][v]);
        if (columns < QK_PANEL) memcpy(y + (size_t)r * stride, all, columns * sizeof *all);
    }
}

INLINE void multiply_floats(
    const qk_type type, float *y, size_t stride, const float *x, const uint8_t *packed, size_t m, size_t n, size_t k, size_t first, size_t last) {
    for (size_t p = first; p < last; p++) {
        const uint8_t *panel = packed + p * QK_PANEL * k * (type == QK_TYPE_F32 ? 4 : 2);
        float *out = y + p * QK_PANEL;
        const size_t columns = n - p * QK_PANEL;
        size_t row = 0;
        for (; row + FLOAT_ROWS <= m; row += FLOAT_ROWS) float_tile(type, FLOAT_ROWS, out + row * stride, stride, x + row * k, panel, k, columns);
        for (; row + 2 <= m; row += 2) float_tile(type, 2, out + row * stride, stride, x + row * k, panel, k, columns);
        if (row < m) float_tile(type, 1, out + row * stride, stride, x + row * k, panel, k, columns);
    }
}

TARGET static void multiply_f32(
    float *y, size_t stride, const float *x, const uint8_t *packed, size_t m, size_t n, size_t k, size_t first, size_t last) {
    multiply_floats(QK_TYPE_F32, y, stride, x, packed, m, n, k, first, last);
}
TARGET static void multiply_f16(
    float *y, size_t stride, const float *x, const uint8_t *packed, size_t m, size_t n, size_t k, size_t first, size_t last) {
    multiply_floats(QK_TYPE_F16, y, stride, x, packed, m, n, k, first, last);
}
TARGET static void multiply_bf16(
    float *y, size_t stride, const float *x, const uint8_t *packed, size_t m, size_t n, size_t k, size_t first, size_t last) {
    multiply_floats(QK_TYPE_BF16, y, stride, x, packed, m, n, k, first, last);
}

static void multiply_float_type(
    float *y, size_t stride, const float *x, const uint8_t *packed, qk_type type, size_t m, size_t n, size_t k, size_t first, size_t last) {
    if (type == QK_TYPE_F32) multiply_f32(y, stride, x, packed, m, n, k, first, last);
    else if (type == QK_TYPE_F16) multiply_f16(y, stride, x, packed, m, n, k, first, last);
    else multiply_bf16(y, stride, x, packed, m, n, k, first, last);
}
