// The encoder's norm and attention, in the vector operations of `matrix_tile.h` and `math_tile.h`. Lengths are multiples of LANES.
TARGET static void layer_norm(float *x, const float *y, const float *weight, const float *bias, size_t m, size_t n, float epsilon) {
    for (size_t row = 0; row < m; row++, x += n, y = y ? y + n : NULL) {
        floats sum = f_zero(), squares = f_zero();
        for (size_t i = 0; i < n; i += LANES) {
            const floats value = y ? f_add(f_load(x + i), f_load(y + i)) : f_load(x + i);
            f_store(x + i, value);
            sum = f_add(sum, value);
        }
        const floats mean = f_all(f_sum(sum) / (float)n);
        for (size_t i = 0; i < n; i += LANES) {
            const floats centred = f_sub(f_load(x + i), mean);
            squares = f_fma(centred, centred, squares);
        }
        const floats scale = f_all(1 / sqrtf(f_sum(squares) / (float)n + epsilon));
        for (size_t i = 0; i < n; i += LANES)
            f_store(x + i, f_fma(f_mul(f_sub(f_load(x + i), mean), scale), f_load(weight + i), f_load(bias + i)));
    }
}

/// `vectors` · LANES of the products of `rows` rows of a with b (k, …): each a sum over k in order, times a row's factor.
INLINE void encoder_product(
    const int rows, const int vectors, float *out, size_t out_stride, const float *a, size_t a_stride, const float *b, size_t b_stride, size_t k,
    const float *factors) {
    floats sum[ROWS][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = f_zero();
    for (size_t i = 0; i < k; i++) {
        floats value[2];
        for (int v = 0; v < vectors; v++) value[v] = f_load(b + i * b_stride + v * LANES);
        for (int r = 0; r < rows; r++) {
            const floats factor = f_all(a[(size_t)r * a_stride + i]);
            for (int v = 0; v < vectors; v++) sum[r][v] = f_fma(factor, value[v], sum[r][v]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) f_store(out + (size_t)r * out_stride + v * LANES, f_mul(sum[r][v], f_all(factors[r])));
}

INLINE void encoder_products(
    const int rows, float *out, size_t out_stride, const float *a, size_t a_stride, const float *b, size_t b_stride, size_t k, size_t n,
    const float *factors) {
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) encoder_product(rows, 2, out + i, out_stride, a, a_stride, b + i, b_stride, k, factors);
    for (; i < n; i += LANES) encoder_product(rows, 1, out + i, out_stride, a, a_stride, b + i, b_stride, k, factors);
}

/// `width` scores become 2^(score − largest); those that were −∞ nothing. Returns 1 / their sum.
INLINE float encoder_soften(float *scores, size_t width) {
    floats largest = f_load(scores), total = f_zero();
    for (size_t j = LANES; j < width; j += LANES) largest = f_max(largest, f_load(scores + j));
    const floats top = f_all(f_largest(largest));
    for (size_t j = 0; j < width; j += LANES) {
        const floats weight = f_exp2_or_zero(f_sub(f_load(scores + j), top));
        total = f_add(total, weight);
        f_store(scores + j, weight);
    }
    return 1 / f_sum(total);
}

/// `rows` queries against all keys: `rows` changes nothing of the order of any sum.
INLINE void encoder_attend(const int rows, float *out, size_t out_stride, const float *q, const qk_encoder_job *job, float *scores) {
    const size_t width = job->width;
    float factors[ROWS];
    for (int r = 0; r < rows; r++) factors[r] = LOG2_E / sqrtf((float)job->head_size);
    encoder_products(rows, scores, width, q, job->stride, job->keys, width, job->head_size, width, factors);
    for (int r = 0; r < rows; r++) {
        for (size_t j = job->tokens; j < width; j++) scores[(size_t)r * width + j] = -INFINITY;
        factors[r] = encoder_soften(scores + (size_t)r * width, width);
    }
    encoder_products(rows, out, out_stride, scores, width, job->v, job->stride, job->tokens, job->head_size, factors);
}

TARGET static void encoder_attention(float *out, size_t out_stride, const float *q, const qk_encoder_job *job, float *scores) {
    size_t i = 0;
    for (; i + ROWS <= job->tokens; i += ROWS) encoder_attend(ROWS, out + i * out_stride, out_stride, q + i * job->stride, job, scores);
    for (; i + 2 <= job->tokens; i += 2) encoder_attend(2, out + i * out_stride, out_stride, q + i * job->stride, job, scores);
    if (i < job->tokens) encoder_attend(1, out + i * out_stride, out_stride, q + i * job->stride, job, scores);
}
