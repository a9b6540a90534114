// Activations to int8.
#include "quantised.h"

#include <math.h>

// 127 / largest; nothing where that is infinite, or where the row is (a damaged model): its products are then zeros, not chance.
static float inverse_scale(float largest) { return largest > 1e-30f && largest < INFINITY ? 127 / largest : 0; }

static void quantise_scalar(qk_activations *out, const float *x, size_t k) {
    for (size_t block = 0; block < k / QK_BLOCK; block++, x += QK_BLOCK, out++) {
        float largest = 0;
        for (int i = 0; i < QK_BLOCK; i++) largest = fmaxf(largest, fabsf(x[i]));
        const float inverse = inverse_scale(largest);
        int sum = 0, first = 0;
        for (int i = 0; i < QK_BLOCK; i++) {
            const float rounded = nearbyintf(x[i] * inverse);
            // False for what is no number too, whose conversion would be undefined.
            out->q[i] = rounded >= -127 && rounded <= 127 ? (int8_t)rounded : 0;
            sum += out->q[i];
            if (i < QK_BLOCK / 2) first += out->q[i];
        }
        out->scale = largest / 127;
        out->sum = out->scale * (float)sum;
        out->first_sum = out->scale * (float)first;
        out->total = sum;
    }
}

#if defined(__x86_64__)
#include "vector_avx2.h"

AVX2 static void quantise_avx2(qk_activations *out, const float *x, size_t k) {
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
    for (size_t block = 0; block < k / QK_BLOCK; block++, x += QK_BLOCK, out++) {
        __m256 v[4];
        for (int i = 0; i < 4; i++) v[i] = _mm256_loadu_ps(x + 8 * i);
        __m256 largest = _mm256_max_ps(
            _mm256_max_ps(_mm256_and_ps(v[0], magnitude), _mm256_and_ps(v[1], magnitude)),
            _mm256_max_ps(_mm256_and_ps(v[2], magnitude), _mm256_and_ps(v[3], magnitude)));
        const float top = max_avx2(largest);
        const __m256 inverse = _mm256_set1_ps(inverse_scale(top));
        __m256i n[4];
        for (int i = 0; i < 4; i++) n[i] = _mm256_cvtps_epi32(_mm256_mul_ps(v[i], inverse));
        // Packing works within halves of a register; the permutation puts the four-byte groups back in order.
        const __m256i words = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3]));
        const __m256i bytes = _mm256_permutevar8x32_epi32(words, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        _mm256_storeu_si256((__m256i *)out->q, bytes);
        // Lane 0 of `sums` is the sum of the first 16, lane 2 that of the others.
        const __m256i pairs = _mm256_hadd_epi32(_mm256_add_epi32(n[0], n[1]), _mm256_add_epi32(n[2], n[3]));
        const __m128i quads = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        const __m128i sums = _mm_add_epi32(quads, _mm_shuffle_epi32(quads, 0xB1));
        const int first = _mm_cvtsi128_si32(sums), total = first + _mm_extract_epi32(sums, 2);
        out->scale = top / 127;
        out->sum = out->scale * (float)total;
        out->first_sum = out->scale * (float)first;
        out->total = total;
    }
}
#endif

void qk_quantise_at(qk_cpu level, qk_activations *out, const float *x, size_t k) {
#if defined(__x86_64__)
    if (level >= QK_CPU_AVX2) {
        quantise_avx2(out, x, k);
        return;
    }
#endif
    (void)level;
    quantise_scalar(out, x, k);
}

void qk_quantise(qk_activations *out, const float *x, size_t k) { qk_quantise_at(qk_cpu_level(), out, x, k); }
