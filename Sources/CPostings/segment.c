#include "private.h"

uint8_t quarry_length_code(uint64_t length) {
  if (length < 64) return (uint8_t)length;
  if (length >= 4032) return 254;
  uint32_t octave = quarry_bits((uint32_t)length) - 7;  // 64 ..< 128 is 0
  return (uint8_t)(64 + 32 * octave + (((uint32_t)length >> (octave + 1)) & 31));
}

uint32_t quarry_length_of(uint8_t code) {
  if (code < 64) return code;
  uint32_t octave = (code - 64) / 32, rest = (code - 64) % 32;
  return (32 + rest) << (octave + 1);
}

const char *quarry_segment_fault(const quarry_segment *s) {
  if (s->entry_count > QUARRY_ENTRY_LIMIT) return "it has too many entries";
  for (uint32_t i = 1; i < s->entry_count; i++)
    if (s->ids[i] <= s->ids[i - 1]) return "its ids do not rise";
  uint64_t length = 0;
  for (uint32_t i = 0; i < s->entry_count; i++) length += quarry_length_of(s->lengths[i]);
  if (length != s->total_length) return "its lengths do not sum up to what it says";
  if (s->term_starts[0] != 0 || s->term_starts[s->term_count] != s->term_byte_count) return "its terms do not fill their place";
  if (s->term_blocks[0] != 0 || s->term_blocks[s->term_count] != s->block_count) return "its blocks do not fill their place";
  for (uint32_t term = 0; term < s->term_count; term++) {
    uint32_t start = s->term_starts[term], end = s->term_starts[term + 1];
    if (end < start || end - start > QUARRY_TERM_LIMIT || end > s->term_byte_count) return "a term lies outside of its place";
    uint32_t count = s->term_counts[term], block = s->term_blocks[term], next = s->term_blocks[term + 1];
    if (count == 0 || count > s->entry_count) return "a term has an impossible number of entries";
    if (next < block || next > s->block_count || next - block != (count + QUARRY_BLOCK - 1) / QUARRY_BLOCK)
      return "a term has an impossible number of blocks";
  }
  for (uint32_t term = 1; term < s->term_count; term++) {
    const uint32_t *starts = s->term_starts + term;
    if (quarry_compare(s->term_bytes + starts[-1], starts[0] - starts[-1], s->term_bytes + starts[0], starts[1] - starts[0]) >= 0)
      return "its terms are not in order";
  }
  uint64_t words = 0;
  for (uint32_t term = 0; term < s->term_count; term++) {
    uint32_t left = s->term_counts[term];
    for (uint32_t b = s->term_blocks[term]; b < s->term_blocks[term + 1]; b++) {
      const quarry_block *block = &s->blocks[b];
      uint32_t count = left < QUARRY_BLOCK ? left : QUARRY_BLOCK;
      left -= count;
      if (block->start != words) return "a block does not begin where the one before ends";
      if (block->id_bits > 24 || block->tf_bits > 8) return "a block has impossible widths";
      if (block->last >= s->entry_count || (b > s->term_blocks[term] && block->last <= block[-1].last)) return "a block's positions do not rise";
      words += quarry_packed_words(count, block->id_bits) + quarry_packed_words(count, block->tf_bits);
    }
  }
  if (words != s->packed_word_count) return "its postings do not fill their place";
  return NULL;
}

uint32_t quarry_lower_bound(const quarry_segment *s, const uint8_t *bytes, size_t count) {
  uint32_t low = 0, high = s->term_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2, start = s->term_starts[middle];
    if (quarry_compare(s->term_bytes + start, s->term_starts[middle + 1] - start, bytes, count) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

uint32_t quarry_find_term(const quarry_segment *s, const uint8_t *bytes, size_t count) {
  uint32_t term = quarry_lower_bound(s, bytes, count);
  if (term == s->term_count) return term;
  uint32_t start = s->term_starts[term];
  return quarry_compare(s->term_bytes + start, s->term_starts[term + 1] - start, bytes, count) == 0 ? term : s->term_count;
}

size_t quarry_decode(const quarry_segment *s, uint32_t term, uint32_t b, uint32_t *positions, uint32_t *tfs) {
  const quarry_block *block = &s->blocks[b];
  uint32_t first = s->term_blocks[term], left = s->term_counts[term] - (b - first) * QUARRY_BLOCK;
  size_t count = left < QUARRY_BLOCK ? left : QUARRY_BLOCK;
  const uint32_t *words = s->packed + block->start;
  quarry_unpack(words, count, block->id_bits, positions);
  quarry_unpack(words + quarry_packed_words(count, block->id_bits), count, block->tf_bits, tfs);
  // Position −1 is before everything; unsigned arithmetic wraps there and back.
  uint32_t position = b == first ? ~0u : block[-1].last;
  for (size_t i = 0; i < count; i++) {
    position += positions[i] + 1;
    positions[i] = position;
    tfs[i] += 1;
  }
  // The distances are smaller than 2²⁴, so that positions rise; when the last is right, all are inside. Otherwise the file was made by someone
  // who knew how to sign it, and what it finds does not matter, only that it stays inside.
  if (position != block->last)
    for (size_t i = 0; i < count; i++) positions[i] = block->last;
  return count;
}
