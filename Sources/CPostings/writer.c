#include "private.h"

// The arrays are const for readers; only the writer has them as its own.
#define OWN(type, member) ((type *)(uintptr_t)(writer->segment.member))

#define GROW(type, member, count, capacity, more)             \
  do {                                                        \
    type *array = OWN(type, member);                          \
    QUARRY_RESERVE(array, (size_t)(count), (capacity), (more)); \
    writer->segment.member = array;                           \
  } while (0)

void quarry_writer_init(quarry_writer *writer, int64_t *ids, uint8_t *lengths, uint32_t entry_count) {
  memset(writer, 0, sizeof *writer);
  quarry_segment *s = &writer->segment;
  s->ids = ids;
  s->lengths = lengths;
  s->entry_count = entry_count;
  for (uint32_t i = 0; i < entry_count; i++) s->total_length += quarry_length_of(lengths[i]);
  GROW(uint32_t, term_starts, 0, writer->start_capacity, 1);
  GROW(uint32_t, term_blocks, 0, writer->block_link_capacity, 1);
  OWN(uint32_t, term_starts)[0] = 0;
  OWN(uint32_t, term_blocks)[0] = 0;
}

void quarry_writer_begin(quarry_writer *writer, const uint8_t *term, size_t count) {
  quarry_segment *s = &writer->segment;
  GROW(uint8_t, term_bytes, s->term_byte_count, writer->byte_capacity, count);
  memcpy(OWN(uint8_t, term_bytes) + s->term_byte_count, term, count);
  s->term_byte_count += count;
  // Places in the terms are 32 bits; a vocabulary of 4 GiB is beyond what 16 million entries hold.
  if (s->term_byte_count > UINT32_MAX) abort();
  writer->pending = 0;
  writer->term_count_of_entries = 0;
  writer->before = ~0u;
}

static void end_block(quarry_writer *writer) {
  quarry_segment *s = &writer->segment;
  size_t count = writer->pending;
  uint32_t distances[QUARRY_BLOCK], tfs[QUARRY_BLOCK], id_or = 0, tf_or = 0;
  quarry_block block = {.last = writer->positions[count - 1], .shortest = {255, 255, 255, 255}};
  for (size_t i = 0; i < count; i++) {
    uint32_t tf = writer->tfs[i];
    uint8_t length = s->lengths[writer->positions[i]], *shortest = &block.shortest[tf <= 2 ? tf - 1 : tf <= 4 ? 2 : 3];
    distances[i] = writer->positions[i] - writer->before - 1;
    writer->before = writer->positions[i];
    tfs[i] = tf - 1;
    id_or |= distances[i];
    tf_or |= tfs[i];
    if (length < *shortest) *shortest = length;
    if (tf > block.max_tf) block.max_tf = (uint8_t)tf;
  }
  block.id_bits = (uint8_t)quarry_bits(id_or);
  block.tf_bits = (uint8_t)quarry_bits(tf_or);
  if (s->packed_word_count > UINT32_MAX) abort();
  block.start = (uint32_t)s->packed_word_count;
  size_t id_words = quarry_packed_words(count, block.id_bits), tf_words = quarry_packed_words(count, block.tf_bits);
  GROW(uint32_t, packed, s->packed_word_count, writer->word_capacity, id_words + tf_words);
  uint32_t *words = OWN(uint32_t, packed) + s->packed_word_count;
  quarry_pack(distances, count, block.id_bits, words);
  quarry_pack(tfs, count, block.tf_bits, words + id_words);
  s->packed_word_count += id_words + tf_words;
  GROW(quarry_block, blocks, s->block_count, writer->block_capacity, 1);
  OWN(quarry_block, blocks)[s->block_count++] = block;
  writer->term_count_of_entries += (uint32_t)count;
  writer->pending = 0;
}

void quarry_writer_add(quarry_writer *writer, uint32_t position, uint32_t tf) {
  writer->positions[writer->pending] = position;
  writer->tfs[writer->pending] = tf < QUARRY_TF_LIMIT ? tf : QUARRY_TF_LIMIT;
  if (++writer->pending == QUARRY_BLOCK) end_block(writer);
}

void quarry_writer_end(quarry_writer *writer) {
  quarry_segment *s = &writer->segment;
  if (writer->pending) end_block(writer);
  if (!writer->term_count_of_entries) {
    s->term_byte_count = s->term_starts[s->term_count];
    return;
  }
  GROW(uint32_t, term_counts, s->term_count, writer->term_capacity, 1);
  OWN(uint32_t, term_counts)[s->term_count] = writer->term_count_of_entries;
  s->term_count++;
  GROW(uint32_t, term_starts, s->term_count, writer->start_capacity, 1);
  GROW(uint32_t, term_blocks, s->term_count, writer->block_link_capacity, 1);
  OWN(uint32_t, term_starts)[s->term_count] = (uint32_t)s->term_byte_count;
  OWN(uint32_t, term_blocks)[s->term_count] = s->block_count;
}

void quarry_writer_finish(quarry_writer *writer, quarry_segment *segment) {
  // What was reserved ahead goes back.
  quarry_segment *s = &writer->segment;
  s->packed = quarry_resize(OWN(uint32_t, packed), s->packed_word_count, sizeof(uint32_t));
  s->blocks = quarry_resize(OWN(quarry_block, blocks), s->block_count, sizeof(quarry_block));
  s->term_bytes = quarry_resize(OWN(uint8_t, term_bytes), s->term_byte_count, 1);
  s->term_counts = quarry_resize(OWN(uint32_t, term_counts), s->term_count, sizeof(uint32_t));
  *segment = *s;
}

void quarry_segment_free(quarry_segment *segment) {
  const void *arrays[] = {segment->ids, segment->lengths, segment->term_starts, segment->term_bytes,
                          segment->term_counts, segment->term_blocks, segment->blocks, segment->packed};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) free((void *)(uintptr_t)arrays[i]);
  memset(segment, 0, sizeof *segment);
}

// Merging

typedef struct {
  uint32_t term;        // where it stands in its segment's terms
  uint32_t *positions;  // new position of each old one, ~0 for the dead
} merge_source;

void quarry_merge(const quarry_segment *segments, const uint64_t *live, const size_t *live_starts, size_t count, quarry_segment *merged) {
  size_t total = 0;
  for (size_t i = 0; i < count; i++) total += segments[i].entry_count;
  int64_t *ids = quarry_resize(NULL, total, sizeof *ids);
  uint8_t *lengths = quarry_resize(NULL, total, 1);
  merge_source *sources = quarry_resize(NULL, count, sizeof *sources);
  uint32_t entries = 0;
  for (size_t i = 0; i < count; i++) {
    const quarry_segment *s = &segments[i];
    sources[i] = (merge_source){.positions = quarry_resize(NULL, s->entry_count, sizeof(uint32_t))};
    for (uint32_t p = 0; p < s->entry_count; p++) {
      bool alive = live_starts[i] == SIZE_MAX || (live[live_starts[i] + p / 64] >> p % 64 & 1);
      sources[i].positions[p] = alive ? entries : ~0u;
      if (!alive) continue;
      ids[entries] = s->ids[p];
      lengths[entries++] = s->lengths[p];
    }
  }
  quarry_writer writer;
  quarry_writer_init(&writer, ids, lengths, entries);
  for (;;) {
    // Segments are few: looking at each for the smallest term is quick enough.
    const uint8_t *smallest = NULL;
    size_t smallest_count = 0;
    for (size_t i = 0; i < count; i++) {
      const quarry_segment *s = &segments[i];
      if (sources[i].term == s->term_count) continue;
      uint32_t start = s->term_starts[sources[i].term], length = s->term_starts[sources[i].term + 1] - start;
      if (!smallest || quarry_compare(s->term_bytes + start, length, smallest, smallest_count) < 0) {
        smallest = s->term_bytes + start;
        smallest_count = length;
      }
    }
    if (!smallest) break;
    quarry_writer_begin(&writer, smallest, smallest_count);
    for (size_t i = 0; i < count; i++) {
      const quarry_segment *s = &segments[i];
      uint32_t term = sources[i].term;
      if (term == s->term_count) continue;
      uint32_t start = s->term_starts[term];
      if (quarry_compare(s->term_bytes + start, s->term_starts[term + 1] - start, smallest, smallest_count) != 0) continue;
      for (uint32_t b = s->term_blocks[term]; b < s->term_blocks[term + 1]; b++) {
        uint32_t positions[QUARRY_BLOCK], tfs[QUARRY_BLOCK];
        size_t decoded = quarry_decode(s, term, b, positions, tfs);
        for (size_t k = 0; k < decoded; k++) {
          uint32_t position = sources[i].positions[positions[k]];
          if (position != ~0u) quarry_writer_add(&writer, position, tfs[k]);
        }
      }
      sources[i].term++;
    }
    quarry_writer_end(&writer);
  }
  quarry_writer_finish(&writer, merged);
  for (size_t i = 0; i < count; i++) free(sources[i].positions);
  free(sources);
}
