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

int main(void) {
    const qk_cpu best = qk_cpu_best();
    printf("level %d\n", (int)best);
    const qk_type quantised[] = {QK_TYPE_Q4_0, QK_TYPE_Q4_1, QK_TYPE_Q5_0, QK_TYPE_Q5_1,   QK_TYPE_Q8_0,   QK_TYPE_Q2_K, QK_TYPE_Q3_K,
                                 QK_TYPE_Q4_K, QK_TYPE_Q5_K, QK_TYPE_Q6_K, QK_TYPE_IQ4_NL, QK_TYPE_IQ4_XS, QK_TYPE_MXFP4};
    for (size_t i = 0; i < sizeof quantised / sizeof *quantised; i++) check_matrix(best, quantised[i]);
    const qk_type floats[] = {QK_TYPE_F32, QK_TYPE_F16, QK_TYPE_BF16};
    for (size_t i = 0; i < 3; i++) check_floats(best, floats[i]);
    for (int type = QK_KV_F16; type <= QK_KV_Q8; type++) {
        check_attention(best, (qk_kv_type)type, 5, 100, 3, 64, 0);
        check_attention(best, (qk_kv_type)type, 9, 130, 2, 40, 70);
    }
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
