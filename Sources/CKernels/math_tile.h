// 2^x in the vector operations of `matrix_tile.h` and f_sub, f_min, f_max, f_round (to nearest even) and f_times_power (a · 2^n, n an integer in
// −126 … 127) and f_keep_above(limit, x, y) (y where x > limit, else 0).
// POWERS_UNDERFLOW says that f_times_power gives 0 where n is far too small.

INLINE floats f_power(floats x) {
    const floats n = f_round(x), r = f_sub(x, n);
    // The minimax polynomial of 2^r on −½ … ½ (Remez), its constant set to 1.
    floats p = f_all(0.0013276472454890609f);
    p = f_fma(p, r, f_all(0.009675540961325169f));
    p = f_fma(p, r, f_all(0.05550713092088699f));
    p = f_fma(p, r, f_all(0.24022120237350464f));
    p = f_fma(p, r, f_all(0.6931469440460205f));
    p = f_fma(p, r, f_all(1));
    return f_times_power(p, n);
}

/// 2^x. Relative error below 3e-7; exact for integers, so that 2^0 is 1. x is cut to −126 … 127.
INLINE floats f_exp2(floats x) { return f_power(f_max(f_min(x, f_all(127)), f_all(-126))); }

/// The same for x ≤ 0, but nothing far below −120.
INLINE floats f_exp2_or_zero(floats x) { return POWERS_UNDERFLOW ? f_power(x) : f_keep_above(f_all(-120), x, f_exp2(x)); }

#define LOG2_E 1.44269504f
