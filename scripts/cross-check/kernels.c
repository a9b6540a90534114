// The kernels of this processor against the scalar ones, in plain C, so that it runs wherever a C compiler and an emulator are: `make cross-check`
// runs it for arm64. Integers and chains of fused multiply-adds must give the same bits; what takes an exponential may differ in the last ones.
#include "quarry_kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 20261123;
static int failures = 0;

static uint32_t next(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static float number(float scale) { return scale * ((float)(int)(next() % 20001) / 10000 - 1); }

static void *memory(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (p == NULL) exit(2);
    memset(p, 0, (bytes + 63) / 64 * 64);
    return p;
}

static float *numbers(size_t n, float scale) {
    float *x = memory(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = number(scale);
    return x;
}

static void compare(const char *what, int detail, const float *a, const float *b, size_t n, float tolerance) {
    double worst = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        const double off = fabs((double)a[i] - b[i]);
        if (!(off <= worst)) worst = off;
        if (fabs(b[i]) > size) size = fabs(b[i]);
    }
    const int holds = worst <= tolerance && size > 1e-3;
    if (!holds) failures++;
    printf("%-10s %3d  off by %.1e of %.1e  %s\n", what, detail, worst, size, holds ? "holds" : "FAILS");
}

/// Blocks of any codes, with harmless scales.
static void fill(uint8_t *row, qk_type type, size_t k) {
    const size_t bytes = qk_block_bytes(type);
    for (size_t block = 0; block < k / qk_block_elements(type); block++, row += bytes) {
        for (size_t i = 0; i < bytes; i++) row[i] = (uint8_t)next();
        const uint16_t halves[2] = {(uint16_t)(0x2000 + next() % 0x800), (uint16_t)(0x2000 + next() % 0x800)};
        switch (type) {
        case QK_TYPE_Q2_K: memcpy(row + 80, halves, 4); break;
        case QK_TYPE_Q3_K: memcpy(row + 108, halves, 2); break;
        case QK_TYPE_Q6_K: memcpy(row + 208, halves, 2); break;
        case QK_TYPE_Q4_1:
        case QK_TYPE_Q5_1:
        case QK_TYPE_Q4_K:
        case QK_TYPE_Q5_K: memcpy(row, halves, 4); break;
        case QK_TYPE_MXFP4: row[0] = (uint8_t)(120 + next() % 8); break;
        default: memcpy(row, halves, 2);
        }
    }
}

static void check_matrix(qk_cpu best, qk_type type) {
    const size_t m = 7, n = 37, k = 512, row_bytes = k / qk_block_elements(type) * qk_block_bytes(type), panels = (n + QK_PANEL - 1) / QK_PANEL;
    uint8_t *rows = memory(n * row_bytes), *packed = memory(qk_matrix_byte_count(type, n, k));
    for (size_t i = 0; i < n; i++) fill(rows + i * row_bytes, type, k);
    qk_matrix_pack(packed, rows, type, n, k, 0, panels);
    float *x = numbers(m * k, 3), *slow = memory(m * n * 4), *fast = memory(m * n * 4);
    qk_activations *a = memory(m * k / QK_BLOCK * sizeof *a);
    for (size_t i = 0; i < m; i++) qk_quantise(a + i * k / QK_BLOCK, x + i * k, k);
    qk_matrix_multiply_at(QK_CPU_SCALAR, slow, n, a, packed, type, m, n, k, 0, panels);
    qk_matrix_multiply_at(best, fast, n, a, packed, type, m, n, k, 0, panels);
    compare("matrix", (int)type, fast, slow, m * n, 0);
}

static void check_floats(qk_cpu best, qk_type type) {
    const size_t m = 7, n = 37, k = 96, size = qk_block_bytes(type), panels = (n + QK_PANEL - 1) / QK_PANEL;
    uint8_t *rows = memory(n * k * size), *packed = memory(qk_floats_byte_count(type, n, k));
    for (size_t i = 0; i < n * k; i++) {
        const float value = number(1);
        const uint16_t half = (uint16_t)(0x2000 + next() % 0x1800 + (next() & 1) * 0x8000);
        if (type == QK_TYPE_F32) memcpy(rows + i * size, &value, size);
        else if (type == QK_TYPE_F16) memcpy(rows + i * size, &half, size);
        else memcpy(rows + i * size, (const uint8_t *)&value + 2, size);
    }
    qk_floats_pack(packed, rows, type, n, k, 0, panels);
    float *x = numbers(m * k, 3), *slow = memory(m * n * 4), *fast = memory(m * n * 4);
    qk_floats_multiply_at(QK_CPU_SCALAR, slow, n, x, packed, type, m, n, k, 0, panels);
    qk_floats_multiply_at(best, fast, n, x, packed, type, m, n, k, 0, panels);
    compare("floats", (int)type, fast, slow, m * n, 0);
}

static void check_attention(qk_cpu best, qk_kv_type type, size_t rows, size_t first, size_t heads, size_t size, size_t window) {
    const size_t count = first + rows, blocks = (count + QK_KV_BLOCK - 1) / QK_KV_BLOCK, stride = heads * size;
    const void **list = memory(blocks * sizeof *list);
    for (size_t b = 0; b < blocks; b++) list[b] = memory(qk_kv_head_bytes(type, size));
    for (size_t i = 0; i < count; i++)
        qk_kv_store(type, (void *)(uintptr_t)list[i / QK_KV_BLOCK], numbers(size, 2), numbers(size, 3), i % QK_KV_BLOCK, size);
    float *slow = memory(rows * stride * 4), *fast = memory(rows * stride * 4), *scratch = memory(4 * qk_attention_scratch_count(rows, heads, size));
    const qk_attention_job job = {type, numbers(rows * stride, 3), stride, rows, first, heads, size, list, 0, window, 1 / sqrtf((float)size)};
    qk_attention_at(QK_CPU_SCALAR, slow, &job, scratch);
    qk_attention_at(best, fast, &job, scratch);
    compare("attention", (int)type, fast, slow, rows * stride, 1e-4f);
}

static void check_encoder(qk_cpu best, size_t tokens, size_t heads, size_t size) {
    const size_t width = heads * size;
    float *q = numbers(tokens * width, 1), *k = numbers(tokens * width, 1), *v = numbers(tokens * width, 1);
    float *slow = memory(tokens * width * 4), *fast = memory(tokens * width * 4);
    float *scratch = memory(4 * qk_encoder_attention_scratch_count(tokens, size));
    for (size_t h = 0; h < heads; h++) {
        qk_encoder_attention_at(QK_CPU_SCALAR, slow + h * size, width, q + h * size, k + h * size, v + h * size, width, tokens, size, scratch);
        qk_encoder_attention_at(best, fast + h * size, width, q + h * size, k + h * size, v + h * size, width, tokens, size, scratch);
    }
    compare("encoder", (int)size, fast, slow, tokens * width, 1e-5f);
    memcpy(slow, q, tokens * width * 4), memcpy(fast, q, tokens * width * 4);
    float *weight = numbers(width, 1), *bias = numbers(width, 1);
    qk_layer_norm_at(QK_CPU_SCALAR, slow, k, weight, bias, tokens, width, 1e-12f);
    qk_layer_norm_at(best, fast, k, weight, bias, tokens, width, 1e-12f);
    compare("layer norm", (int)width, fast, slow, tokens * width, 1e-5f);
}

static void check_dense8(qk_cpu best, size_t m, size_t n, size_t k) {
    const size_t panels = (n + QK_DENSE8_PANEL - 1) / QK_DENSE8_PANEL, row_bytes = qk_dense8_row_byte_count(k);
    uint8_t *packed = memory(qk_dense8_packed_byte_count(n, k)), *slow_rows = memory(m * row_bytes), *fast_rows = memory(m * row_bytes);
    float *x = numbers(m * k, 2), *bias = numbers(n, 1), *slow = memory(m * n * 4), *fast = memory(m * n * 4);
    qk_dense8_pack(packed, numbers(n * k, 1), n, k, 0, panels);
    qk_dense8_quantise_at(QK_CPU_SCALAR, slow_rows, x, m, k);
    qk_dense8_quantise_at(best, fast_rows, x, m, k);
    if (memcmp(slow_rows, fast_rows, m * row_bytes) != 0) failures++, printf("dense8: rows are quantised otherwise  FAILS\n");
    qk_dense8_at(QK_CPU_SCALAR, slow, slow_rows, packed, bias, m, n, k, QK_ACTIVATION_NONE, 0, panels);
    qk_dense8_at(best, fast, fast_rows, packed, bias, m, n, k, QK_ACTIVATION_NONE, 0, panels);
    compare("dense8", (int)k, fast, slow, m * n, 0);
}

static void check_codes(qk_cpu best, size_t count, size_t n) {
    uint8_t *codes = memory(count * n + QK_CODE_PADDING), *left = memory(n);
    for (size_t i = 0; i < count * n; i++) codes[i] = (uint8_t)(1 + next() % 255);
    for (size_t i = 0; i < n; i++) left[i] = (uint8_t)(1 + next() % 255);
    void *query = memory(qk_code_query_byte_count(n));
    qk_code_query(query, left, n);
    int32_t *slow = memory(count * 4), *fast = memory(count * 4);
    qk_code_products_at(QK_CPU_SCALAR, slow, query, codes, NULL, count, n);
    qk_code_products_at(best, fast, query, codes, NULL, count, n);
    float *a = memory(count * 4), *b = memory(count * 4);
    for (size_t i = 0; i < count; i++) a[i] = (float)fast[i], b[i] = (float)slow[i];
    compare("codes", (int)n, a, b, count, 0);
}

/// QUARRY_CPU as the Makefile set it: "scalar" is taken, a level of another family is not.
static void check_chosen(qk_cpu best) {
    const char *wanted = getenv("QUARRY_CPU");
    const qk_cpu expected = wanted != NULL && strcmp(wanted, "scalar") == 0 ? QK_CPU_SCALAR : best;
    const int holds = qk_cpu_level() == expected;
    if (!holds) failures++;
    printf("QUARRY_CPU %s: level %d  %s\n", wanted == NULL ? "not set" : wanted, (int)qk_cpu_level(), holds ? "holds" : "FAILS");
}

int main(int count, char **arguments) {
    const qk_cpu best = qk_cpu_best();
    printf("level %d\n", (int)best);
    check_chosen(best);
    if (count > 1 && strcmp(arguments[1], "chosen") == 0) return failures != 0;
    const qk_type quantised[] = {QK_TYPE_Q4_0, QK_TYPE_Q4_1, QK_TYPE_Q5_0, QK_TYPE_Q5_1,   QK_TYPE_Q8_0,   QK_TYPE_Q2_K, QK_TYPE_Q3_K,
                                 QK_TYPE_Q4_K, QK_TYPE_Q5_K, QK_TYPE_Q6_K, QK_TYPE_IQ4_NL, QK_TYPE_IQ4_XS, QK_TYPE_MXFP4};
    for (size_t i = 0; i < sizeof quantised / sizeof *quantised; i++) check_matrix(best, quantised[i]);
    const qk_type floats[] = {QK_TYPE_F32, QK_TYPE_F16, QK_TYPE_BF16};
    for (size_t i = 0; i < 3; i++) check_floats(best, floats[i]);
    for (int type = QK_KV_F16; type <= QK_KV_Q8; type++) {
        check_attention(best, (qk_kv_type)type, 5, 100, 3, 64, 0);
        check_attention(best, (qk_kv_type)type, 9, 130, 2, 40, 70);
    }
    check_encoder(best, 13, 3, 32);
    check_encoder(best, 70, 2, 40);
    check_dense8(best, 7, 37, 384);
    check_dense8(best, 4, 16, 150);
    check_codes(best, 9, 384);
    check_codes(best, 5, 100);
    const size_t n = 96;
    float *x = numbers(n, 4), *weight = numbers(n, 1), *slow = memory(n * 4), *fast = memory(n * 4);
    qk_rms_norm_at(QK_CPU_SCALAR, slow, x, weight, n, 1e-5f);
    qk_rms_norm_at(best, fast, x, weight, n, 1e-5f);
    compare("norm", 0, fast, slow, n, 1e-5f);
    memcpy(slow, x, n * 4), memcpy(fast, x, n * 4);
    qk_swiglu_at(QK_CPU_SCALAR, slow, weight, n);
    qk_swiglu_at(best, fast, weight, n);
    compare("swiglu", 0, fast, slow, n, 1e-5f);
    memcpy(slow, x, n * 4), memcpy(fast, x, n * 4);
    qk_geglu_at(QK_CPU_SCALAR, slow, weight, n);
    qk_geglu_at(best, fast, weight, n);
    compare("geglu", 0, fast, slow, n, 1e-5f);
    if (failures) fprintf(stderr, "%d kernels differ from the scalar ones\n", failures);
    return failures != 0;
}
