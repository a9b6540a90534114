// Attention: the scalar reference, and the choice of the version.
#include "attention.h"
#include "half.h"
#include "kv.h"
#include "levels.h"

#include <math.h>
#include <stdbool.h>

// For every query head its result, its query as int8, and its state.
size_t qk_attention_scratch_count(size_t rows, size_t heads, size_t head_size) {
    return rows * heads * (padded_head(head_size) + padded_head(head_size) / 4 + 4);
}

static size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

/// A stored number of keys or values.
static float stored_number(const uint8_t *half, qk_kv_type type, size_t head_size, size_t index, size_t slot) {
    if (type == QK_KV_Q8) return (float)(int8_t)half[index] * kv_scales(half, head_size)[slot];
    uint16_t bits;
    memcpy(&bits, half + 2 * index, sizeof bits);
    return half_to_float(bits);
}

/// One query head against the positions begin ..< end.
static void attend_head(float *out, const float *q, const qk_attention_job *job, size_t begin, size_t end) {
    const size_t size = job->head_size;
    float query[QK_HEAD_LIMIT], largest = -INFINITY, total = 0;
    int8_t bytes[QK_HEAD_LIMIT];
    const float unit = qk_round_to_bytes(bytes, q, size);
    for (size_t d = 0; d < size; d++) {
        query[d] = job->type == QK_KV_Q8 ? unit * (float)bytes[d] : q[d];
        out[d] = 0;
    }
    for (size_t block = begin / QK_KV_BLOCK; block * QK_KV_BLOCK < end; block++) {
        const uint8_t *keys = (const uint8_t *)job->blocks[block] + job->offset, *values = keys + kv_half_bytes(job->type, size);
        const size_t start = block * QK_KV_BLOCK, low = begin > start ? begin - start : 0, high = min_size(QK_KV_BLOCK, end - start);
        float weights[QK_KV_BLOCK], top = -INFINITY, sum = 0, largest_scale = 0;
        for (size_t j = low; j < high; j++) {
            float score = 0;
            for (size_t d = 0; d < size; d++) score += query[d] * stored_number(keys, job->type, size, key_index(job->type, size, j, d), j);
            weights[j] = score * job->scale;
            top = fmaxf(top, weights[j]);
        }
        const float before = largest;
        largest = fmaxf(largest, top);
        const float shrink = expf(before - largest), top_weight = expf(top - largest);
        for (size_t j = low; j < high; j++) sum += weights[j] = expf(weights[j] - largest);
        total = total * shrink + sum;
        for (size_t d = 0; d < size; d++) out[d] *= shrink;
        for (size_t j = low; job->type == QK_KV_Q8 && j < high; j++) largest_scale = fmaxf(largest_scale, kv_scales(values, size)[j]);
        for (size_t j = low; j < high; j++) {
            if (job->type == QK_KV_Q8) {  // rounded together with the value's scale
                const bool is_coarse = sum >= FLAT_SHARE * top_weight || top_weight <= SMALL_SHARE * total;
                const float unit = top_weight * largest_scale / (is_coarse ? COARSE_STEPS : WEIGHT_STEPS), scale = kv_scales(values, size)[j];
                weights[j] = scale > 0 && unit > 0 ? unit * nearbyintf(weights[j] * scale / unit) / scale : 0;
            }
            for (size_t d = 0; d < size; d++) out[d] += weights[j] * stored_number(values, job->type, size, value_index(job->type, size, j, d), j);
        }
    }
    for (size_t d = 0; d < size; d++) out[d] /= total;
}

void qk_attention_scalar(float *out, const qk_attention_job *job, float *scratch) {
    (void)scratch;
    for (size_t row = 0; row < job->rows; row++) {
        const size_t end = job->first + row + 1, begin = job->window && job->window < end ? end - job->window : 0;
        for (size_t head = 0; head < job->heads; head++) {
            const size_t place = row * job->stride + head * job->head_size;
            attend_head(out + place, job->queries + place, job, begin, end);
        }
    }
}

void qk_attention_at(qk_cpu level, float *out, const qk_attention_job *job, float *scratch) {
    qk_functions_at(level)->attention(out, job, scratch);
}

void qk_attention(float *out, const qk_attention_job *job, float *scratch) { qk_attention_at(qk_cpu_level(), out, job, scratch); }
