#include "attention.h"

#include "cpu.h"
#include "half.h"

#include <math.h>

void qk_kv_store(uint16_t *keys, uint16_t *values, const float *k, const float *v, size_t slot, size_t head_size) {
    for (size_t d = 0; d < head_size; d++) {
        keys[d * QK_KV_BLOCK + slot] = float_to_half(k[d]);
        values[slot * head_size + d] = float_to_half(v[d]);
    }
}

// Scratch: one block's keys and values as floats, then for every query head of every row its largest score, its sum of weights, and its output.
static size_t state_count(size_t head_size) { return 2 + head_size; }

size_t qk_attention_scratch_count(size_t rows, size_t heads, size_t head_size) {
    return 2 * QK_KV_BLOCK * head_size + rows * heads * state_count(head_size);
}

static size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

static void widen_scalar(float *out, const uint16_t *halves, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = half_to_float(halves[i]);
}

// Adds one block to the state of one query head, which sees its positions [begin, end).
static void attend_scalar(
    float *state, const float *q, const float *keys, const float *values, size_t begin, size_t end, size_t head_size, float scale) {
    float scores[QK_KV_BLOCK], largest = state[0];
    for (size_t j = begin; j < end; j++) {
        float score = 0;
        for (size_t d = 0; d < head_size; d++) score += q[d] * keys[d * QK_KV_BLOCK + j];
        scores[j] = score * scale;
        largest = fmaxf(largest, scores[j]);
    }
    const float shrink = expf(state[0] - largest);
    float *out = state + 2, total = 0;
    for (size_t d = 0; d < head_size; d++) out[d] *= shrink;
    for (size_t j = begin; j < end; j++) {
        const float weight = expf(scores[j] - largest);
        total += weight;
        for (size_t d = 0; d < head_size; d++) out[d] += weight * values[j * head_size + d];
    }
    state[0] = largest;
    state[1] = state[1] * shrink + total;
}

#if defined(__x86_64__)
#include "vector_avx2.h"

AVX2 static void widen_avx2(float *out, const uint16_t *halves, size_t n) {
    for (size_t i = 0; i < n; i += 8) _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + i))));
}

AVX2 static void attend_avx2(
    float *state, const float *q, const float *keys, const float *values, size_t begin, size_t end, size_t head_size, float scale) {
    __m256 s[QK_KV_BLOCK / 8];
    for (int j = 0; j < QK_KV_BLOCK / 8; j++) s[j] = _mm256_setzero_ps();
    for (size_t d = 0; d < head_size; d++) {
        const __m256 element = _mm256_broadcast_ss(q + d);
        for (int j = 0; j < QK_KV_BLOCK / 8; j++) s[j] = _mm256_fmadd_ps(element, _mm256_loadu_ps(keys + d * QK_KV_BLOCK + 8 * j), s[j]);
    }
    // Positions that are not seen get no weight, whatever is stored there.
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256 top = _mm256_set1_ps(state[0]);
    for (int j = 0; j < QK_KV_BLOCK / 8; j++) {
        const __m256i position = _mm256_add_epi32(lanes, _mm256_set1_epi32(8 * j));
        const __m256 seen = _mm256_castsi256_ps(_mm256_andnot_si256(
            _mm256_cmpgt_epi32(_mm256_set1_epi32((int)begin), position), _mm256_cmpgt_epi32(_mm256_set1_epi32((int)end), position)));
        s[j] = _mm256_blendv_ps(_mm256_set1_ps(-INFINITY), _mm256_mul_ps(s[j], _mm256_set1_ps(scale)), seen);
        top = _mm256_max_ps(top, s[j]);
    }
    const float largest = max_avx2(top);
    const float shrink = expf(state[0] - largest);
    const __m256 base = _mm256_set1_ps(largest);
    float weights[QK_KV_BLOCK];
    __m256 total = _mm256_setzero_ps();
    for (int j = 0; j < QK_KV_BLOCK / 8; j++) {
        const __m256 seen = _mm256_cmp_ps(s[j], _mm256_set1_ps(-INFINITY), _CMP_NEQ_OQ);
        const __m256 weight = _mm256_and_ps(seen, exp_avx2(_mm256_sub_ps(s[j], base)));
        _mm256_storeu_ps(weights + 8 * j, weight);
        total = _mm256_add_ps(total, weight);
    }
    float *out = state + 2;
    const __m256 shrinks = _mm256_set1_ps(shrink);
    for (size_t part = 0; part < head_size; part += 64) {
        const size_t vectors = min_size(64, head_size - part) / 8;
        __m256 sums[8];
        for (size_t d = 0; d < vectors; d++) sums[d] = _mm256_mul_ps(_mm256_loadu_ps(out + part + 8 * d), shrinks);
        if (vectors == 8) {
            for (size_t j = begin; j < end; j++) {
                const __m256 weight = _mm256_broadcast_ss(weights + j);
                for (int d = 0; d < 8; d++) sums[d] = _mm256_fmadd_ps(weight, _mm256_loadu_ps(values + j * head_size + part + 8 * d), sums[d]);
            }
        } else {
            for (size_t j = begin; j < end; j++) {
                const __m256 weight = _mm256_broadcast_ss(weights + j);
                for (size_t d = 0; d < vectors; d++)
                    sums[d] = _mm256_fmadd_ps(weight, _mm256_loadu_ps(values + j * head_size + part + 8 * d), sums[d]);
            }
        }
        for (size_t d = 0; d < vectors; d++) _mm256_storeu_ps(out + part + 8 * d, sums[d]);
    }
    state[0] = largest;
    state[1] = state[1] * shrink + sum_avx2(total);
}
#endif

// The first position that a query at `position` sees.
static size_t first_seen(size_t position, size_t window) { return window && position + 1 > window ? position + 1 - window : 0; }

void qk_attention(
    float *out, const float *q, size_t stride, size_t rows, size_t first, size_t window, size_t heads, size_t head_size,
    const uint16_t *const *blocks, size_t key_offset, size_t value_offset, float *scratch) {
    void (*widen)(float *, const uint16_t *, size_t) = widen_scalar;
    void (*attend)(float *, const float *, const float *, const float *, size_t, size_t, size_t, float) = attend_scalar;
#if defined(__x86_64__)
    if (qk_cpu_level() >= QK_CPU_AVX2) widen = widen_avx2, attend = attend_avx2;
#endif
    const size_t block_floats = QK_KV_BLOCK * head_size, states = rows * heads;
    float *keys = scratch, *values = scratch + block_floats, *state = values + block_floats;
    for (size_t i = 0; i < states; i++) {
        state[i * state_count(head_size)] = -INFINITY;
        memset(state + i * state_count(head_size) + 1, 0, (1 + head_size) * sizeof *state);
    }
    const float scale = 1 / sqrtf((float)head_size);
    const size_t end = first + rows;  // positions that some row sees
    for (size_t block = first_seen(first, window) / QK_KV_BLOCK; block * QK_KV_BLOCK < end; block++) {
        const size_t start = block * QK_KV_BLOCK;
        widen(keys, blocks[block] + key_offset, block_floats);
        widen(values, blocks[block] + value_offset, block_floats);
        for (size_t row = start > first ? start - first : 0; row < rows; row++) {
            const size_t seen = first_seen(first + row, window);
            if (seen >= start + QK_KV_BLOCK) continue;
            const size_t from = seen > start ? seen - start : 0, to = min_size(QK_KV_BLOCK, first + row + 1 - start);
            for (size_t head = 0; head < heads; head++)
                attend(state + (row * heads + head) * state_count(head_size), q + row * stride + head * head_size, keys, values, from, to, head_size, scale);
        }
    }
    for (size_t row = 0; row < rows; row++)
        for (size_t head = 0; head < heads; head++) {
            const float *result = state + (row * heads + head) * state_count(head_size);
            for (size_t d = 0; d < head_size; d++) out[row * stride + head * head_size + d] = result[2 + d] / result[1];
        }
}
