#ifndef QUARRY_POSTINGS_PRIVATE_H
#define QUARRY_POSTINGS_PRIVATE_H

#include "quarry_postings.h"
#include <stdlib.h>
#include <string.h>

// Memory that there must be: without it the process ends, as Swift's own allocations do.
static inline void *quarry_resize(void *memory, size_t count, size_t size) {
  void *result = realloc(memory, (count ? count : 1) * size);
  if (!result) abort();
  return result;
}

// Room for one more in an array that grows by half.
#define QUARRY_RESERVE(array, count, capacity, more)                              \
  do {                                                                            \
    if ((count) + (more) > (capacity)) {                                          \
      (capacity) = (count) + (more) + ((capacity) >> 1) + 16;                     \
      (array) = quarry_resize((array), (capacity), sizeof *(array));              \
    }                                                                             \
  } while (0)

static inline uint32_t quarry_bits(uint32_t value) { return value ? 32 - (uint32_t)__builtin_clz(value) : 0; }

static inline int quarry_compare(const uint8_t *a, size_t a_count, const uint8_t *b, size_t b_count) {
  int order = memcmp(a, b, a_count < b_count ? a_count : b_count);
  return order ? order : (a_count > b_count) - (a_count < b_count);
}

// bits.c: 32-bit words that `count` values of a width take, and the values to them and back. 128 values lie in four lanes, fewer in a row.
size_t quarry_packed_words(size_t count, uint32_t bits);
void quarry_pack(const uint32_t *values, size_t count, uint32_t bits, uint32_t *words);
void quarry_unpack(const uint32_t *words, size_t count, uint32_t bits, uint32_t *values);

// writer.c: a segment, term by term in the order of their bytes, positions rising in each.
typedef struct {
  quarry_segment segment;
  size_t term_capacity, start_capacity, block_link_capacity, byte_capacity, block_capacity, word_capacity;
  uint32_t positions[QUARRY_BLOCK], tfs[QUARRY_BLOCK];
  size_t pending;
  uint32_t term_count_of_entries, before;
} quarry_writer;

void quarry_writer_init(quarry_writer *writer, int64_t *ids, uint8_t *lengths, uint32_t entry_count);
void quarry_writer_begin(quarry_writer *writer, const uint8_t *term, size_t count);
void quarry_writer_add(quarry_writer *writer, uint32_t position, uint32_t tf);
// Ends the term; one without postings is taken back.
void quarry_writer_end(quarry_writer *writer);
void quarry_writer_finish(quarry_writer *writer, quarry_segment *segment);

#endif
