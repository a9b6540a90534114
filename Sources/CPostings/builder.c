#include "private.h"

// Texts are cut into pieces. What a piece means (terms, words) is asked of the caller once, and remembered: a text's vocabulary is small.
// Each term's postings are a chain of slices in one arena, as variable-length numbers, so that memory stays near what is compressed.

enum { SLICE = 16, SLICE_LIMIT = 1024, PIECE_LIMIT = 48, REMEMBERED_LIMIT = 1 << 20, KNOWN_TERMS = 64 };

typedef struct {
  uint32_t text;             // its bytes in `texts`
  uint8_t text_count;
  uint32_t first, current;   // places of its first and its last slice
  uint32_t used, size;       // of the last slice, in bytes
  uint32_t tf;               // in the entry that is read
  uint32_t before;           // position of the posting before, ~0 for none
} term_state;

typedef struct {
  uint32_t hash;
  uint32_t at;  // in `piece_bytes`; 0 for an empty place
} piece_slot;

struct quarry_builder {
  int64_t *ids;
  uint8_t *lengths;
  size_t entry_count, id_capacity, length_capacity;
  uint64_t words;  // of this entry, weighted

  uint8_t *texts;
  size_t text_count, text_capacity;
  term_state *terms;
  size_t term_count, term_capacity;
  uint32_t *term_slots;  // number + 1, 0 for empty
  size_t term_slot_count;

  piece_slot *pieces;
  size_t piece_slot_count, piece_count;
  uint8_t *piece_bytes;
  size_t piece_byte_count, piece_byte_capacity;

  uint32_t *touched;  // terms of this entry
  size_t touched_count, touched_capacity;

  // In pages, so that growing copies nothing.
  uint8_t **pages;
  size_t page_count, page_capacity, page_used;
};

enum { PAGE_BITS = 20, PAGE = 1 << PAGE_BITS };

quarry_builder *quarry_builder_new(void) {
  quarry_builder *b = quarry_resize(NULL, 1, sizeof *b);
  memset(b, 0, sizeof *b);
  return b;
}

static void clear(quarry_builder *b) {
  for (size_t i = 0; i < b->page_count; i++) free(b->pages[i]);
  free(b->pages);
  free(b->ids);
  free(b->lengths);
  free(b->texts);
  free(b->terms);
  free(b->term_slots);
  free(b->pieces);
  free(b->piece_bytes);
  free(b->touched);
  memset(b, 0, sizeof *b);
}

void quarry_builder_free(quarry_builder *b) {
  clear(b);
  free(b);
}

static uint32_t hash_of(const uint8_t *bytes, size_t count, uint64_t seed) {
  uint64_t hash = seed ^ (count * 0x9E3779B97F4A7C15u);
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    hash = (hash ^ word) * 0x9FB21C651E98DF25u;
    hash ^= hash >> 32;
    bytes += 8;
    count -= 8;
  }
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) word |= (uint64_t)bytes[i] << 8 * i;
  hash = (hash ^ word) * 0x9FB21C651E98DF25u;
  return (uint32_t)(hash ^ hash >> 29 ^ hash >> 43);
}

// Arena

static uint8_t *arena(const quarry_builder *b, uint32_t place) { return b->pages[place >> (PAGE_BITS - 4)] + (size_t)(place & ((PAGE >> 4) - 1)) * 16; }

// A new slice; places are in units of 16 bytes, so that 32 bits reach over 64 GiB.
static uint32_t new_slice(quarry_builder *b, uint32_t size) {
  if (!b->page_count || b->page_used + size > PAGE) {
    QUARRY_RESERVE(b->pages, b->page_count, b->page_capacity, 1);
    b->pages[b->page_count++] = quarry_resize(NULL, PAGE, 1);
    b->page_used = 0;
  }
  uint32_t place = (uint32_t)(((b->page_count - 1) << (PAGE_BITS - 4)) + b->page_used / 16);
  b->page_used += size;
  return place;
}

// A slice's last four bytes are the place of the next one, which is twice as long.
static void put_byte(quarry_builder *b, term_state *t, uint8_t byte) {
  if (t->used + 4 == t->size) {
    uint32_t size = t->size < SLICE_LIMIT ? t->size * 2 : t->size, next = new_slice(b, size);
    memcpy(arena(b, t->current) + t->used, &next, 4);
    t->current = next;
    t->size = size;
    t->used = 0;
  }
  arena(b, t->current)[t->used++] = byte;
}

static void put_number(quarry_builder *b, term_state *t, uint32_t number) {
  for (; number >= 128; number >>= 7) put_byte(b, t, (uint8_t)(number | 128));
  put_byte(b, t, (uint8_t)number);
}

typedef struct {
  const quarry_builder *builder;
  const uint8_t *slice;
  uint32_t at, size;
} slice_reader;

static uint8_t next_byte(slice_reader *r) {
  if (r->at + 4 == r->size) {
    uint32_t next;
    memcpy(&next, r->slice + r->at, 4);
    r->slice = arena(r->builder, next);
    if (r->size < SLICE_LIMIT) r->size *= 2;
    r->at = 0;
  }
  return r->slice[r->at++];
}

static uint32_t next_number(slice_reader *r) {
  uint32_t number = 0;
  for (uint32_t shift = 0;; shift += 7) {
    uint8_t byte = next_byte(r);
    number |= (uint32_t)(byte & 127) << shift;
    if (byte < 128) return number;
  }
}

// Entries

bool quarry_builder_begin(quarry_builder *b, int64_t id) {
  if (b->entry_count == QUARRY_ENTRY_LIMIT) return false;
  QUARRY_RESERVE(b->ids, b->entry_count, b->id_capacity, 1);
  QUARRY_RESERVE(b->lengths, b->entry_count, b->length_capacity, 1);
  b->ids[b->entry_count] = id;
  b->words = 0;
  return true;
}

void quarry_builder_end(quarry_builder *b) {
  for (size_t i = 0; i < b->touched_count; i++) {
    term_state *t = &b->terms[b->touched[i]];
    // A posting: distance and whether the tf is 1, then the tf where it is not.
    uint32_t distance = (uint32_t)b->entry_count - t->before - 1, once = t->tf == 1;
    put_number(b, t, distance << 1 | once);
    if (!once) put_number(b, t, t->tf);
    t->before = (uint32_t)b->entry_count;
    t->tf = 0;
  }
  b->touched_count = 0;
  b->lengths[b->entry_count++] = quarry_length_code(b->words);
}

void quarry_builder_count(quarry_builder *b, const uint32_t *terms, size_t term_count, uint32_t words, uint32_t weight) {
  for (size_t i = 0; i < term_count; i++) {
    term_state *t = &b->terms[terms[i]];
    if (!t->tf) {
      QUARRY_RESERVE(b->touched, b->touched_count, b->touched_capacity, 1);
      b->touched[b->touched_count++] = terms[i];
    }
    if (t->tf < QUARRY_TF_LIMIT) t->tf += weight;
  }
  b->words += (uint64_t)words * weight;
}

// Terms

static void grow_terms(quarry_builder *b) {
  size_t count = b->term_slot_count ? b->term_slot_count * 2 : 4096;
  b->term_slots = quarry_resize(b->term_slots, count, sizeof *b->term_slots);
  b->term_slot_count = count;
  memset(b->term_slots, 0, count * sizeof *b->term_slots);
  for (size_t i = 0; i < b->term_count; i++) {
    size_t slot = hash_of(b->texts + b->terms[i].text, b->terms[i].text_count, 0) & (count - 1);
    while (b->term_slots[slot]) slot = (slot + 1) & (count - 1);
    b->term_slots[slot] = (uint32_t)i + 1;
  }
}

uint32_t quarry_builder_term(quarry_builder *b, const uint8_t *bytes, size_t count) {
  if (count > QUARRY_TERM_LIMIT) abort();
  if (2 * (b->term_count + 1) > b->term_slot_count) grow_terms(b);
  size_t slot = hash_of(bytes, count, 0) & (b->term_slot_count - 1);
  for (; b->term_slots[slot]; slot = (slot + 1) & (b->term_slot_count - 1)) {
    const term_state *t = &b->terms[b->term_slots[slot] - 1];
    if (t->text_count == count && memcmp(b->texts + t->text, bytes, count) == 0) return b->term_slots[slot] - 1;
  }
  QUARRY_RESERVE(b->texts, b->text_count, b->text_capacity, count);
  memcpy(b->texts + b->text_count, bytes, count);
  QUARRY_RESERVE(b->terms, b->term_count, b->term_capacity, 1);
  uint32_t place = new_slice(b, SLICE);
  b->terms[b->term_count] = (term_state){
    .text = (uint32_t)b->text_count, .text_count = (uint8_t)count, .first = place, .current = place, .size = SLICE, .before = ~0u};
  b->text_count += count;
  b->term_slots[slot] = (uint32_t)++b->term_count;
  return (uint32_t)b->term_count - 1;
}

// Pieces: in piece_bytes a head, the terms, and the piece's own bytes.

typedef struct {
  uint32_t language, words;
  uint8_t count, term_count;
  uint8_t unused[2];
} piece_head;

static uint8_t *find_piece(quarry_builder *b, const uint8_t *piece, size_t count, uint32_t language, uint32_t hash, size_t *slot) {
  size_t mask = b->piece_slot_count - 1;
  for (*slot = hash & mask; b->pieces[*slot].at; *slot = (*slot + 1) & mask) {
    if (b->pieces[*slot].hash != hash) continue;
    uint8_t *found = b->piece_bytes + b->pieces[*slot].at;
    piece_head head;
    memcpy(&head, found, sizeof head);
    if (head.count == count && head.language == language && memcmp(found + sizeof head + 4 * head.term_count, piece, count) == 0) return found;
  }
  return NULL;
}

static void grow_pieces(quarry_builder *b) {
  size_t count = b->piece_slot_count ? b->piece_slot_count * 2 : 4096;
  piece_slot *before = b->pieces;
  b->pieces = quarry_resize(NULL, count, sizeof *b->pieces);
  memset(b->pieces, 0, count * sizeof *b->pieces);
  for (size_t i = 0; i < b->piece_slot_count; i++) {
    if (!before[i].at) continue;
    size_t slot = before[i].hash & (count - 1);
    while (b->pieces[slot].at) slot = (slot + 1) & (count - 1);
    b->pieces[slot] = before[i];
  }
  free(before);
  b->piece_slot_count = count;
}

void quarry_builder_remember(
  quarry_builder *b, const uint8_t *piece, size_t count, uint32_t language, const uint32_t *terms, size_t term_count, uint32_t words) {
  if (count > PIECE_LIMIT || term_count > KNOWN_TERMS) return;
  if (b->piece_count >= REMEMBERED_LIMIT) {
    // Begun anew: what is common is soon there again.
    memset(b->pieces, 0, b->piece_slot_count * sizeof *b->pieces);
    b->piece_count = 0;
    b->piece_byte_count = 0;
  }
  if (2 * (b->piece_count + 1) > b->piece_slot_count) grow_pieces(b);
  uint32_t hash = hash_of(piece, count, language);
  size_t slot;
  if (find_piece(b, piece, count, language, hash, &slot)) return;
  piece_head head = {.language = language, .words = words, .count = (uint8_t)count, .term_count = (uint8_t)term_count};
  if (!b->piece_byte_count) b->piece_byte_count = 4;
  size_t size = (sizeof head + 4 * term_count + count + 3) / 4 * 4;
  QUARRY_RESERVE(b->piece_bytes, b->piece_byte_count, b->piece_byte_capacity, size);
  uint8_t *at = b->piece_bytes + b->piece_byte_count;
  memcpy(at, &head, sizeof head);
  if (term_count) memcpy(at + sizeof head, terms, 4 * term_count);
  memcpy(at + sizeof head + 4 * term_count, piece, count);
  b->pieces[slot] = (piece_slot){hash, (uint32_t)b->piece_byte_count};
  b->piece_byte_count += size;
  b->piece_count++;
}

// 0: ends a piece; 1: belongs to one; 2: belongs to one when it stands between two of those.
static const uint8_t classes[256] = {
  ['0'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  ['A'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  ['a'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  ['_'] = 2, ['.'] = 2, [':'] = 2, ['@'] = 2, ['-'] = 2, ['/'] = 2, ['\\'] = 2, ['#'] = 2, ['$'] = 2, ['+'] = 2,
  [128] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  [160] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  [192] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  [224] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};

bool quarry_next_piece(const uint8_t *text, size_t count, size_t *at, size_t *piece) {
  size_t i = *at;
  while (i < count && classes[text[i]] != 1) i++;
  *piece = i;
  for (;;) {
    while (i < count && classes[text[i]] == 1) i++;
    if (i + 1 < count && classes[text[i]] == 2 && classes[text[i + 1]] == 1) i++;
    else if (i + 2 < count && text[i] == ':' && text[i + 1] == ':' && classes[text[i + 2]] == 1) i += 2;
    else break;
  }
  *at = i;
  return *piece < i;
}

bool quarry_builder_scan(
  quarry_builder *b, const uint8_t *text, size_t count, uint32_t language, uint32_t weight, size_t *at, size_t *piece) {
  while (quarry_next_piece(text, count, at, piece)) {
    size_t length = *at - *piece, slot;
    if (length > PIECE_LIMIT || !b->piece_slot_count) return true;
    const uint8_t *found = find_piece(b, text + *piece, length, language, hash_of(text + *piece, length, language), &slot);
    if (!found) return true;
    piece_head head;
    memcpy(&head, found, sizeof head);
    // Aligned: heads and sizes are multiples of four bytes.
    quarry_builder_count(b, (const uint32_t *)(const void *)(found + sizeof head), head.term_count, head.words, weight);
  }
  return false;
}

// Finishing

typedef struct {
  const uint8_t *text;
  uint32_t term;
  uint8_t count;
} sorted_term;

static int in_order(const void *a, const void *b) {
  const sorted_term *x = a, *y = b;
  return quarry_compare(x->text, x->count, y->text, y->count);
}

void quarry_builder_finish(quarry_builder *b, quarry_segment *segment) {
  sorted_term *order = quarry_resize(NULL, b->term_count, sizeof *order);
  for (size_t i = 0; i < b->term_count; i++)
    order[i] = (sorted_term){b->texts + b->terms[i].text, (uint32_t)i, b->terms[i].text_count};
  qsort(order, b->term_count, sizeof *order, in_order);
  quarry_writer writer;
  quarry_writer_init(&writer, b->ids, b->lengths, (uint32_t)b->entry_count);
  b->ids = NULL;
  b->lengths = NULL;
  for (size_t i = 0; i < b->term_count; i++) {
    const term_state *t = &b->terms[order[i].term];
    quarry_writer_begin(&writer, order[i].text, order[i].count);
    slice_reader reader = {b, arena(b, t->first), 0, SLICE};
    // The last posting is at `before`; a term that no entry holds has none.
    for (uint32_t position = ~0u; position != t->before;) {
      uint32_t number = next_number(&reader);
      position += (number >> 1) + 1;
      quarry_writer_add(&writer, position, number & 1 ? 1 : next_number(&reader));
    }
    quarry_writer_end(&writer);
  }
  free(order);
  quarry_writer_finish(&writer, segment);
  clear(b);
}
