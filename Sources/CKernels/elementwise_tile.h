// Norms and gates in the vector operations of `matrix_tile.h`, f_exp2 and f_div. Lengths that are no multiple of LANES take the scalar version.

TARGET static void rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon) {
    if (n % LANES) {
        qk_rms_norm_scalar(y, x, weight, n, epsilon);
        return;
    }
    floats squares = f_zero();
    for (size_t i = 0; i < n; i += LANES) {
        const floats value = f_load(x + i);
        squares = f_fma(value, value, squares);
    }
    const floats scale = f_all(1 / sqrtf(f_sum(squares) / (float)n + epsilon));
    for (size_t i = 0; i < n; i += LANES) f_store(y + i, f_mul(f_mul(f_load(x + i), scale), f_load(weight + i)));
}

/// x / (1 + e^−t)
INLINE floats times_sigmoid(floats x, floats t) { return f_div(x, f_add(f_all(1), f_exp2(f_mul(t, f_all(-LOG2_E))))); }

TARGET static void swiglu(float *gate, const float *up, size_t n) {
    if (n % LANES) {
        qk_swiglu_scalar(gate, up, n);
        return;
    }
    for (size_t i = 0; i < n; i += LANES) {
        const floats x = f_load(gate + i);
        f_store(gate + i, f_mul(times_sigmoid(x, x), f_load(up + i)));
    }
}

/// ½ (1 + tanh u) is the sigmoid of 2 u.
TARGET static void geglu(float *gate, const float *up, size_t n) {
    if (n % LANES) {
        qk_geglu_scalar(gate, up, n);
        return;
    }
    for (size_t i = 0; i < n; i += LANES) {
        const floats x = f_load(gate + i), cube = f_mul(f_mul(x, x), x);
        const floats t = f_mul(f_fma(cube, f_all(0.044715f), x), f_all(2 * 0.7978845608f));
        f_store(gate + i, f_mul(times_sigmoid(x, t), f_load(up + i)));
    }
}
