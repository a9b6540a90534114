#include "levels.h"

const qk_functions qk_functions_scalar = {
    .matrix = qk_matrix_scalar,
    .floats = qk_floats_scalar,
    .attention = qk_attention_scalar,
    .rms_norm = qk_rms_norm_scalar,
    .swiglu = qk_swiglu_scalar,
    .geglu = qk_geglu_scalar,
    .layer_norm = qk_layer_norm_scalar,
    .encoder_attention = NULL,
    .code_products = qk_code_products_scalar,
};

const qk_functions *qk_functions_at(qk_cpu level) {
#if defined(__x86_64__)
    if (level == QK_CPU_AVX2) return &qk_functions_avx2;
    if (level == QK_CPU_AVX512) return &qk_functions_avx512;
#elif defined(__aarch64__)
    if (level == QK_CPU_NEON) return &qk_functions_neon;
#endif
    (void)level;
    return &qk_functions_scalar;
}
