// Attention for tiles of ROWS query heads, in the vector operations of `matrix_tile.h`, f_exp2 and
//   f_select(low, high, index, a, b)  a in the lanes whose number, counted from `index`, lies in low ..< high, b in the others
//   f_sum, f_largest, f_first         over all lanes in a fixed order; of lane 0
//   f_store_words, f_store_bytes      LANES whole numbers as 16-bit numbers (every four in the order 0, 2, 1, 3), and as bytes
//   i_zero, i_bias, dot_signed        counts + Σ of four products a lane: stored bytes (through i_flip, for which i_bias makes up) with a query's
//   i_even, i_odd, dot_words          counts + Σ of two products a lane: every other of the stored bytes, made 16 bits wide, with weights
//   dot_unsigned                      counts + Σ of four products a lane: stored bytes with weights of 0 … 127
// A tile is a product of few rows with one block's keys, a softmax, and a product with its values; what is loaded serves all rows.
#define PANELS (QK_KV_BLOCK / QK_PANEL)

/// Below every score: the power of its distance to any is nothing.
#define UNSEEN -1e30f

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

/// Panels that are multiplied together: what is broadcast serves all of them, as far as there are registers for their sums.
static inline __attribute__((always_inline)) int panels_together(int rows) { return LANES < 16 ? 1 : rows <= 4 ? 4 : 2; }

/// score (rows, 64) = queries · keysᵀ, in units of base-2 logarithms.
INLINE void score_block(
    const qk_kv_type type, const int rows, float score[ROWS][QK_KV_BLOCK], const attention_rows *tile, const uint8_t *keys, size_t size, float scale,
    const uint8_t *next) {
    const size_t groups = padded_head(size) / 4;
    const int panels = type == QK_KV_F16 ? 1 : panels_together(rows), vectors = panels * VECTORS;
    for (size_t at = 0; at < QK_KV_BLOCK; at += (size_t)panels * QK_PANEL) {
        if (type == QK_KV_F16) {
            floats sums[ROWS][VECTORS];
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = f_zero();
            for (size_t d = 0; d < size; d++) {
                floats key[VECTORS];
                if (next) __builtin_prefetch(next + 2 * (d * QK_KV_BLOCK + at), 0, 2);
                for (int v = 0; v < VECTORS; v++) key[v] = f_load_halves(keys + 2 * (d * QK_KV_BLOCK + at + (size_t)v * LANES));
                for (int r = 0; r < rows; r++)
                    for (int v = 0; v < VECTORS; v++) sums[r][v] = f_fma(f_all(tile->query[r][d]), key[v], sums[r][v]);
            }
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) f_store(score[r] + at + v * LANES, f_mul(sums[r][v], f_all(scale)));
        } else {
            counts products[ROWS][PANELS * VECTORS];
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < vectors; v++) products[r][v] = i_bias(tile->state[r]->sum);
            for (size_t g = 0; g < groups; g++)
                for (int v = 0; v < vectors; v++) {
                    const size_t place = ((at / QK_PANEL + (size_t)(v / VECTORS)) * groups + g) * 64 + (size_t)(4 * LANES * (v % VECTORS));
                    const integers key = i_flip(i_load(keys + place));
                    if (next) __builtin_prefetch(next + place, 0, 2);
                    for (int r = 0; r < rows; r++) products[r][v] = dot_signed(products[r][v], key, tile->bytes[r] + 4 * g);
                }
            const float *units = kv_scales(keys, size) + at;
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < vectors; v++) {
                    const floats unit = f_mul(f_load(units + v * LANES), f_all(scale * tile->state[r]->unit));
                    f_store(score[r] + at + v * LANES, f_mul(f_from_integers(products[r][v]), unit));
                }
        }
    }
}

/// The weights of a row's block, in one of three forms, and what they stand for.
typedef struct {
    /// F16: as they are.
    _Alignas(64) float weight[QK_KV_BLOCK];
    /// Q8: in steps of `unit`; every four in the order 0, 2, 1, 3, which is how stored bytes are widened.
    _Alignas(64) int16_t words[QK_KV_BLOCK];
    _Alignas(64) uint8_t bytes[QK_KV_BLOCK];
    bool is_coarse;
    float unit;
    /// What earlier sums shrink by.
    float shrink;
} block_weights;

INLINE bool sees_some(const attention_rows *tile, int r) { return tile->low[r] > 0 || tile->high[r] < QK_KV_BLOCK; }

/// The largest of a block's scales among some of its positions.
INLINE float largest_seen(const float *scales, int low, int high) {
    floats tops = f_zero();
    for (int at = 0; at < QK_KV_BLOCK; at += LANES) tops = f_max(tops, f_select(low, high, at, f_load(scales + at), f_zero()));
    return f_largest(tops);
}

/// Scores become weights, step by step for all rows: each step waits for the one before it, but the rows' do not wait for each other.
/// Scores of positions that are not seen are cut off here; `scales` are the values', `largest_scale` the largest of them all.
INLINE void soften_block(
    const qk_kv_type type, const int rows, block_weights *out, float score[ROWS][QK_KV_BLOCK], const attention_rows *tile, const float *scales,
    float largest_scale) {
    // Of the rows side by side; what is beyond them does not matter.
    _Alignas(64) float before[LANES] = {0}, top[LANES] = {0}, sum[LANES] = {0}, largest[LANES], shrink[LANES], top_weight[LANES];
    for (int r = 0; r < rows; r++) {
        const bool is_masked = sees_some(tile, r);
        floats tops = f_all(UNSEEN);
        for (int at = 0; at < QK_KV_BLOCK; at += LANES) {
            floats x = f_load(score[r] + at);
            if (is_masked) f_store(score[r] + at, x = f_select(tile->low[r], tile->high[r], at, x, f_all(UNSEEN)));
            tops = f_max(tops, x);
        }
        top[r] = f_largest(tops);
        before[r] = tile->state[r]->largest;
    }
    const floats largests = f_max(f_load(before), f_load(top));
    f_store(largest, largests);
    f_store(shrink, f_exp2(f_sub(f_load(before), largests)));
    f_store(top_weight, f_exp2(f_sub(f_load(top), largests)));
    for (int r = 0; r < rows; r++) {
        floats sums = f_zero();
        for (int at = 0; at < QK_KV_BLOCK; at += LANES) {
            const floats x = f_exp2_or_zero(f_sub(f_load(score[r] + at), f_all(largest[r])));
            f_store(type == QK_KV_F16 ? out[r].weight + at : score[r] + at, x);
            sums = f_add(sums, x);
        }
        sum[r] = f_sum(sums);
    }
    for (int r = 0; r < rows; r++) {
        qk_attention_state *state = tile->state[r];
        out[r].shrink = shrink[r];
        state->largest = largest[r];
        state->total = state->total * shrink[r] + sum[r];
        if (type == QK_KV_F16) continue;
        out[r].is_coarse = sum[r] >= FLAT_SHARE * top_weight[r] || top_weight[r] <= SMALL_SHARE * state->total;
        const float steps = out[r].is_coarse ? COARSE_STEPS : WEIGHT_STEPS;
        // What a row does not see must not even set its steps: it may not be there yet.
        const float top_scale = sees_some(tile, r) ? largest_seen(scales, tile->low[r], tile->high[r]) : largest_scale;
        out[r].unit = top_weight[r] * top_scale / steps;
        const floats factor = f_all(out[r].unit > 1e-30f && out[r].unit < INFINITY ? 1 / out[r].unit : 0);
        for (int at = 0; at < QK_KV_BLOCK; at += LANES) {
            const floats weight = f_mul(f_load(score[r] + at), f_mul(f_load(scales + at), factor));
            if (out[r].is_coarse) f_store_bytes(out[r].bytes + at, weight);
            else f_store_words(out[r].words + at, weight);
        }
    }
}

typedef enum { MIX_FLOATS, MIX_WORDS, MIX_BYTES } mix_form;

/// result = shrink · result + weights · values, for the positions low ..< high and `panels` panels of elements from `at` on.
INLINE void mix_panels(
    const mix_form form, const int rows, const int panels, float *const *result, const block_weights *const *weights, const uint8_t *values, size_t at,
    size_t padded, int low, int high, const uint8_t *next) {
    const int vectors = panels * VECTORS;
    if (form == MIX_FLOATS) {
        floats sums[ROWS][VECTORS];
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < VECTORS; v++) sums[r][v] = f_mul(f_load(result[r] + at + v * LANES), f_all(weights[r]->shrink));
        for (int j = low; j < high; j++) {
            floats value[VECTORS];
            if (next) __builtin_prefetch(next + 2 * ((size_t)j * padded + at), 0, 2);
            for (int v = 0; v < VECTORS; v++) value[v] = f_load_halves(values + 2 * ((size_t)j * padded + at + (size_t)v * LANES));
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = f_fma(f_all(weights[r]->weight[j]), value[v], sums[r][v]);
        }
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < VECTORS; v++) f_store(result[r] + at + v * LANES, sums[r][v]);
    } else {
        counts products[ROWS][PANELS * VECTORS];
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++) products[r][v] = i_zero();
        for (int g = low / 4; g < (high + 3) / 4; g++)
            for (int v = 0; v < vectors; v++) {
                const size_t place = (at + (size_t)(v / VECTORS) * QK_PANEL) * QK_KV_BLOCK + (size_t)(64 * g + 4 * LANES * (v % VECTORS));
                const integers value = i_load(values + place);
                if (next) __builtin_prefetch(next + place, 0, 2);
                if (form == MIX_BYTES) {
                    for (int r = 0; r < rows; r++) products[r][v] = dot_unsigned(products[r][v], weights[r]->bytes + 4 * g, value);
                } else {
                    const integers even = i_even(value), odd = i_odd(value);
                    for (int r = 0; r < rows; r++) {
                        products[r][v] = dot_words(products[r][v], weights[r]->words + 4 * g, even);
                        products[r][v] = dot_words(products[r][v], weights[r]->words + 4 * g + 2, odd);
                    }
                }
            }
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++) {
                float *place = result[r] + at + v * LANES;
                f_store(place, f_fma(f_from_integers(products[r][v]), f_all(weights[r]->unit), f_mul(f_load(place), f_all(weights[r]->shrink))));
            }
    }
}

/// The same for all elements.
INLINE void mix_block(
    const mix_form form, const int rows, float *const *result, const block_weights *const *weights, const uint8_t *values, size_t size, int low,
    int high, const uint8_t *next) {
    const size_t padded = padded_head(size);
    const int panels = form == MIX_FLOATS ? 1 : panels_together(rows);
    size_t at = 0;
    for (; at + (size_t)panels * QK_PANEL <= padded; at += (size_t)panels * QK_PANEL)
        mix_panels(form, rows, panels, result, weights, values, at, padded, low, high, next);
    if (panels > 1)
        for (; at < padded; at += QK_PANEL) mix_panels(form, rows, 1, result, weights, values, at, padded, low, high, next);
}

// A count of rows as a constant, so that what belongs to them stays in registers.
#if ROWS == 8
#define EACH_COUNT(M) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8)
#else
#define EACH_COUNT(M) M(1) M(2) M(3) M(4)
#endif

INLINE void mix_rows(
    const mix_form form, int rows, float *const *result, const block_weights *const *weights, const uint8_t *values, size_t size, int low, int high,
    const uint8_t *next) {
#define CASE(N) \
    case N: mix_block(form, N, result, weights, values, size, low, high, next); break;
    switch (rows) { EACH_COUNT(CASE) }
#undef CASE
}

/// A tile's rows against one block.
///
/// - `next`: The block that follows, whose lines are asked for where those of this one are read; NULL for none.
INLINE void attend_block(
    const qk_kv_type type, int rows, const attention_rows *tile, const uint8_t *keys, const uint8_t *values, size_t size, float scale,
    float largest_scale, const uint8_t *next) {
    _Alignas(64) float score[ROWS][QK_KV_BLOCK];
    block_weights weights[ROWS];
#define CASE(N) \
    case N: \
        score_block(type, N, score, tile, keys, size, scale, next); \
        soften_block(type, N, weights, score, tile, kv_scales(values, size), largest_scale); \
        break;
    switch (rows) { EACH_COUNT(CASE) }
#undef CASE
    // Rows with fine and with coarse weights apart; which a row has depends on it alone.
    const block_weights *fine[ROWS], *coarse[ROWS];
    float *fine_result[ROWS], *coarse_result[ROWS];
    int fine_count = 0, coarse_count = 0, low = QK_KV_BLOCK, high = 0;
    for (int r = 0; r < rows; r++) {
        if (type == QK_KV_Q8 && weights[r].is_coarse) {
            coarse[coarse_count] = weights + r;
            coarse_result[coarse_count++] = tile->result[r];
        } else {
            fine[fine_count] = weights + r;
            fine_result[fine_count++] = tile->result[r];
        }
        if (tile->low[r] < low) low = tile->low[r];
        if (tile->high[r] > high) high = tile->high[r];
    }
    if (next) next += kv_half_bytes(type, size);
    if (type == QK_KV_F16) {
        mix_rows(MIX_FLOATS, fine_count, fine_result, fine, values, size, low, high, next);
    } else {
        mix_rows(MIX_WORDS, fine_count, fine_result, fine, values, size, low, high, next);
        mix_rows(MIX_BYTES, coarse_count, coarse_result, coarse, values, size, low, high, fine_count ? NULL : next);
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
        states[i] = (qk_attention_state){.largest = UNSEEN};
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
        // The next block lies elsewhere: the processor cannot look ahead to it, and a single query is done with this one before it has come.
        const uint8_t *next = start + QK_KV_BLOCK < end ? (const uint8_t *)job->blocks[block + 1] + job->offset : NULL;
        const float largest_scale = type == QK_KV_Q8 ? largest_seen(kv_scales(values, size), 0, QK_KV_BLOCK) : 1;
        // Rows before the block see nothing of it.
        size_t row = start > job->first ? start - job->first : 0, head = 0;
        while (row < job->rows) {
            attention_rows tile;
            int count = 0;
            while (row < job->rows && count < ROWS) {
                const size_t after = job->first + row + 1, begin = after > window ? after - window : 0, i = row * job->heads + head;
                if (begin < start + QK_KV_BLOCK) {
                    tile.query[count] = job->queries + row * job->stride + head * size;
                    tile.bytes[count] = bytes + i * padded;
                    tile.state[count] = states + i;
                    tile.result[count] = results + i * padded;
                    tile.low[count] = begin > start ? (int)(begin - start) : 0;
                    tile.high[count] = after - start < QK_KV_BLOCK ? (int)(after - start) : QK_KV_BLOCK;
                    count++;
                }
                if (++head == job->heads) head = 0, row++;
            }
            if (count) attend_block(type, count, &tile, keys, values, size, scale, largest_scale, next);
            next = NULL;
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
