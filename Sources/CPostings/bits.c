#include "private.h"

// 128 values of a width b lie in four lanes, value i in lane i mod 4, each lane 32 values after one another in b words: four of them are unpacked
// with each instruction. The compiler makes SSE2 or NEON of the vector type, and other machines get what they can do.
typedef uint32_t lanes __attribute__((vector_size(16), aligned(4)));

enum { LANES = 4, ROWS = QUARRY_BLOCK / LANES };

size_t quarry_packed_words(size_t count, uint32_t bits) { return count == QUARRY_BLOCK ? LANES * bits : (count * bits + 31) / 32; }

void quarry_pack(const uint32_t *values, size_t count, uint32_t bits, uint32_t *words) {
  memset(words, 0, quarry_packed_words(count, bits) * sizeof *words);
  size_t stride = count == QUARRY_BLOCK ? LANES : 1;
  for (size_t i = 0; i < count && bits; i++) {
    size_t bit = i / stride * bits, lane = i % stride, word = bit / 32;
    uint64_t shifted = (uint64_t)values[i] << bit % 32;
    words[word * stride + lane] |= (uint32_t)shifted;
    if (shifted >> 32) words[(word + 1) * stride + lane] |= (uint32_t)(shifted >> 32);
  }
}

// One width at a time, so that shifts are constants: 33 small functions from one text.
static inline __attribute__((always_inline)) void unpack_block(const uint32_t *words, uint32_t bits, uint32_t *values) {
  const uint32_t mask = bits == 32 ? ~0u : (1u << bits) - 1;
#pragma clang loop unroll(full)
  for (uint32_t row = 0; row < ROWS; row++) {
    uint32_t bit = row * bits, shift = bit % 32;
    const lanes *at = (const lanes *)words + bit / 32;
    lanes value = at[0] >> shift;
    if (shift + bits > 32) value |= at[1] << (32 - shift);
    *((lanes *)values + row) = value & mask;
  }
}

static void unpack_rest(const uint32_t *words, size_t count, uint32_t bits, uint32_t *values) {
  const uint32_t mask = bits == 32 ? ~0u : (1u << bits) - 1;
  for (size_t i = 0; i < count; i++) {
    size_t bit = i * bits, word = bit / 32, shift = bit % 32;
    uint32_t value = words[word] >> shift;
    if (shift + bits > 32) value |= words[word + 1] << (32 - shift);
    values[i] = value & mask;
  }
}

#define CASE(b) case b: unpack_block(words, b, values); break;

void quarry_unpack(const uint32_t *words, size_t count, uint32_t bits, uint32_t *values) {
  if (bits == 0) {
    memset(values, 0, count * sizeof *values);
    return;
  }
  if (count != QUARRY_BLOCK) {
    unpack_rest(words, count, bits, values);
    return;
  }
  switch (bits) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
    CASE(13) CASE(14) CASE(15) CASE(16) CASE(17) CASE(18) CASE(19) CASE(20) CASE(21) CASE(22) CASE(23) CASE(24)
  default: memset(values, 0, count * sizeof *values);
  }
}
