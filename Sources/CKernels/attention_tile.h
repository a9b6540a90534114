// Attention for tiles of ROWS query heads, in the vector operations of `matrix_tile.h`, f_exp2 and
//   f_select(low, high, index, a, b)  a in the lanes whose number, counted from `index`, lies in low ..< high, b in the others
//   f_sum, f_largest, f_first         over all lanes in a fixed order; of lane 0
//   f_store_words                     LANES whole numbers of 0 … 32,767 as 16-bit numbers
//   i_zero, i_bias, dot_signed        counts + Σ of four products a lane: stored bytes (through i_flip, for which i_bias makes up) with a query's
//   i_widen, dot_words                counts + Σ of two products a lane: stored bytes made 16 bits wide with weights
// A tile is a product of few rows with one block's keys, a softmax, and a product with its values; what is loaded serves all rows.
#define PANELS (QK_KV_BLOCK / QK_PANEL)

/// A query head's running state, in the units of base-2 logarithms.
typedef struct {
    float largest, total;
    /// Of the query as int8.
    float unit;
    int sum;
} qk_attention_state;

/// What a tile's rows work on.
typedef struct {
    const float *query[ROWS];
    const int8_t *bytes[ROWS];
    qk_attention_state *state[ROWS];
    float *result[ROWS];
    /// Positions of the block that the row sees.
    int low[ROWS], high[ROWS];
} attention_rows;

/// score (rows, 64) = queries · keysᵀ, in units of base-2 logarithms.
INLINE void score_block(
    const qk_kv_type type, const int rows, float score[ROWS][QK_KV_BLOCK], const attention_rows *tile, const uint8_t *keys, size_t size, float scale) {
    const size_t groups = padded_head(size) / 4;
    for (size_t at = 0; at < QK_KV_BLOCK; at += QK_PANEL) {
        if (type == QK_KV_F16) {
            floats sums[ROWS][VECTORS];
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = f_zero();
            for (size_t d = 0; d < size; d++) {
                floats key[VECTORS];
                for (int v = 0; v < VECTORS; v++) key[v] = f_load_halves(keys + 2 * (d * QK_KV_BLOCK + at + (size_t)v * LANES));
                for (int r = 0; r < rows; r++)
                    for (int v = 0; v < VECTORS; v++) sums[r][v] = f_fma(f_all(tile->query[r][d]), key[v], sums[r][v]);
            }
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) f_store(score[r] + at + v * LANES, f_mul(sums[r][v], f_all(scale)));
        } else {
            counts products[ROWS][VECTORS];
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) products[r][v] = i_bias(tile->state[r]->sum);
            const uint8_t *panel = keys + at * groups * 4;
            for (size_t g = 0; g < groups; g++)
                for (int v = 0; v < VECTORS; v++) {
                    const integers key = i_flip(i_load(panel + 64 * g + 4 * LANES * v));
                    for (int r = 0; r < rows; r++) products[r][v] = dot_signed(products[r][v], key, tile->bytes[r] + 4 * g);
                }
            const float *units = kv_scales(keys, size) + at;
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) {
                    const floats unit = f_mul(f_load(units + v * LANES), f_all(scale * tile->state[r]->unit));
                    f_store(score[r] + at + v * LANES, f_mul(f_from_integers(products[r][v]), unit));
                }
        }
    }
}

/// Scores become weights: floats in their place, or 16-bit numbers, which stand for `unit` each. Returns what earlier sums shrink by.
INLINE float soften_block(
    const qk_kv_type type, qk_attention_state *state, float *score, int16_t *words, float *unit, const uint8_t *values, size_t size, int low, int high) {
    floats top = f_all(state->largest);
    for (int at = 0; at < QK_KV_BLOCK; at += LANES) {
        const floats seen = f_select(low, high, at, f_load(score + at), f_all(-INFINITY));
        f_store(score + at, seen);
        top = f_max(top, seen);
    }
    const float largest = f_largest(top);
    floats total = f_zero(), heaviest = f_zero();
    const float *scales = kv_scales(values, size);
    for (int at = 0; at < QK_KV_BLOCK; at += LANES) {
        floats weight = f_select(low, high, at, f_exp2(f_sub(f_load(score + at), f_all(largest))), f_zero());
        total = f_add(total, weight);
        if (type == QK_KV_Q8) {
            weight = f_mul(weight, f_load(scales + at));
            heaviest = f_max(heaviest, weight);
        }
        f_store(score + at, weight);
    }
    if (type == QK_KV_Q8) {
        const float heavy = f_largest(heaviest), inverse = heavy > 1e-30f && heavy < INFINITY ? 32767 / heavy : 0;
        for (int at = 0; at < QK_KV_BLOCK; at += LANES) f_store_words(words + at, f_mul(f_load(score + at), f_all(inverse)));
        *unit = heavy / 32767;
    }
    const float shrink = f_first(f_exp2(f_all(state->largest - largest)));
    state->largest = largest;
    state->total = state->total * shrink + f_sum(total);
    return shrink;
}

INLINE void attend_block(
    const qk_kv_type type, const int rows, const attention_rows *tile, const uint8_t *keys, const uint8_t *values, size_t size, float scale) {
    _Alignas(64) float score[ROWS][QK_KV_BLOCK];
    _Alignas(64) int16_t words[ROWS][QK_KV_BLOCK];
    float shrink[ROWS], unit[ROWS];
    score_block(type, rows, score, tile, keys, size, scale);
    int low = QK_KV_BLOCK, high = 0;
    for (int r = 0; r < rows; r++) {
        shrink[r] = soften_block(type, tile->state[r], score[r], words[r], unit + r, values, size, tile->low[r], tile->high[r]);
        if (tile->low[r] < low) low = tile->low[r];
        if (tile->high[r] > high) high = tile->high[r];
    }
    const size_t padded = padded_head(size);
    for (size_t at = 0; at < padded; at += QK_PANEL) {
        if (type == QK_KV_F16) {
            floats sums[ROWS][VECTORS];
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = f_mul(f_load(tile->result[r] + at + v * LANES), f_all(shrink[r]));
            for (int j = low; j < high; j++) {
                floats value[VECTORS];
                for (int v = 0; v < VECTORS; v++) value[v] = f_load_halves(values + 2 * ((size_t)j * padded + at + (size_t)v * LANES));
                for (int r = 0; r < rows; r++)
                    for (int v = 0; v < VECTORS; v++) sums[r][v] = f_fma(f_all(score[r][j]), value[v], sums[r][v]);
            }
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) f_store(tile->result[r] + at + v * LANES, sums[r][v]);
        } else {
            counts products[ROWS][VECTORS];
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) products[r][v] = i_zero();
            const uint8_t *panel = values + at * QK_KV_BLOCK;
            for (int pair = low / 2; pair < (high + 1) / 2; pair++)
                for (int v = 0; v < VECTORS; v++) {
                    const integers value = i_widen(panel + 32 * pair + 2 * LANES * v);
                    for (int r = 0; r < rows; r++) products[r][v] = dot_words(products[r][v], words[r] + 2 * pair, value);
                }
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) {
                    float *result = tile->result[r] + at + v * LANES;
                    const floats before = f_mul(f_load(result), f_all(shrink[r]));
                    f_store(result, f_fma(f_from_integers(products[r][v]), f_all(unit[r]), before));
                }
        }
    }
}

INLINE void attend(const qk_kv_type type, float *out, const qk_attention_job *job, float *scratch) {
    const size_t size = job->head_size, padded = padded_head(size), queries = job->rows * job->heads;
    const float scale = job->scale * LOG2_E;
    float *results = scratch;
    int8_t *bytes = (int8_t *)(void *)(results + queries * padded);
    qk_attention_state *states = (qk_attention_state *)(void *)(bytes + queries * padded);
    memset(results, 0, queries * padded * sizeof *results);
    for (size_t i = 0; i < queries; i++) {
        states[i] = (qk_attention_state){.largest = -1e30f};
        if (type == QK_KV_Q8) {
            const float *query = job->queries + i / job->heads * job->stride + i % job->heads * size;
            memset(bytes + i * padded, 0, padded);
            states[i].unit = qk_round_to_bytes(bytes + i * padded, query, size);
            for (size_t d = 0; d < size; d++) states[i].sum += bytes[i * padded + d];
        }
    }
    const size_t end = job->first + job->rows, window = job->window ? job->window : end;
    for (size_t block = job->first + 1 > window ? (job->first + 1 - window) / QK_KV_BLOCK : 0; block * QK_KV_BLOCK < end; block++) {
        const uint8_t *keys = (const uint8_t *)job->blocks[block] + job->offset, *values = keys + kv_half_bytes(type, size);
        const size_t start = block * QK_KV_BLOCK;
        // Rows before the block see nothing of it.
        for (size_t i = start > job->first ? (start - job->first) * job->heads : 0; i < queries;) {
            attention_rows tile;
            int count = 0;
            for (; i < queries && count < ROWS; i++) {
                const size_t row = i / job->heads, after = job->first + row + 1, begin = after > window ? after - window : 0;
                if (begin >= start + QK_KV_BLOCK) continue;
                tile.query[count] = job->queries + row * job->stride + i % job->heads * size;
                tile.bytes[count] = bytes + i * padded;
                tile.state[count] = states + i;
                tile.result[count] = results + i * padded;
                tile.low[count] = begin > start ? (int)(begin - start) : 0;
                tile.high[count] = after - start < QK_KV_BLOCK ? (int)(after - start) : QK_KV_BLOCK;
                count++;
            }
#define CASE(N) \
    case N: attend_block(type, N, &tile, keys, values, size, scale); break;
            switch (count) {
                CASE(1) CASE(2) CASE(3) CASE(4)
#if ROWS == 8
                CASE(5) CASE(6) CASE(7) CASE(8)
#endif
            }
#undef CASE
        }
    }
    for (size_t i = 0; i < queries; i++)
        for (size_t d = 0; d < size; d++) out[i / job->heads * job->stride + i % job->heads * size + d] = results[i * padded + d] / states[i].total;
}

TARGET static void attend_f16(float *out, const qk_attention_job *job, float *scratch) { attend(QK_KV_F16, out, job, scratch); }
TARGET static void attend_q8(float *out, const qk_attention_job *job, float *scratch) { attend(QK_KV_Q8, out, job, scratch); }

static void attention(float *out, const qk_attention_job *job, float *scratch) {
    (job->type == QK_KV_F16 ? attend_f16 : attend_q8)(out, job, scratch);
}
