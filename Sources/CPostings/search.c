#include "private.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Block-max MaxScore over windows of positions (Turtle and Flood 1995; Ding and Suel 2011; the windows as in Lucene's bulk scorer).
//
// In a window, every term has a bound: no posting in it counts more. The terms whose bounds together do not reach what the best found so far
// demand cannot make an entry good by themselves. Only the others, the essential ones, are added up in an array of sums; what of it could still
// be good enough is looked up in the rest, largest bound first, and given up as soon as it cannot be.

enum { WINDOW = 4096, TERM_LIMIT = 256 };

typedef struct {
  uint32_t term, weight, count;
  uint32_t block, block_end;  // next block that reaches into the window or beyond it
  uint32_t decoded;           // which block is decoded, ~0 for none
  uint32_t decoded_count;
  uint32_t bound;             // in this window
  uint32_t *positions, *tfs;  // (QUARRY_BLOCK)
} cursor;

struct quarry_scratch {
  uint32_t sums[WINDOW];
  uint32_t candidates[WINDOW], scores[WINDOW];
  cursor cursors[TERM_LIMIT];
  uint32_t *decoded;  // (terms × 2 × QUARRY_BLOCK)
  size_t decoded_terms;
};

quarry_scratch *quarry_scratch_new(void) {
  quarry_scratch *scratch = quarry_resize(NULL, 1, sizeof *scratch);
  memset(scratch, 0, sizeof *scratch);
  return scratch;
}

void quarry_scratch_free(quarry_scratch *scratch) {
  free(scratch->decoded);
  free(scratch);
}

void quarry_impacts(double k1, double b, double average_length, uint32_t *impacts) {
  for (uint32_t code = 0; code < 256; code++) {
    double norm = k1 * (1 - b + b * (average_length > 0 ? quarry_length_of((uint8_t)code) / average_length : 0));
    for (uint32_t tf = 0; tf <= 256; tf++) {
      double impact = tf / (tf + norm) * 4294967296.0;
      impacts[256 * tf + code] = impact < 4294967295.0 ? (uint32_t)impact : 4294967295u;
    }
  }
}

// At least 1, so that an entry with a term is never taken for one without.
static inline uint32_t counted(uint32_t weight, uint32_t impact) { return (uint32_t)((uint64_t)weight * impact >> 32) + 1; }

// The best

static inline void sift_down(uint64_t *items, size_t count, size_t at) {
  uint64_t item = items[at];
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && items[child + 1] < items[child]) child++;
    if (items[child] >= item) break;
    items[at] = items[child];
    at = child;
  }
  items[at] = item;
}

static inline void insert(quarry_best *best, uint32_t score, uint32_t place) {
  uint64_t item = (uint64_t)score << 32 | (uint32_t)~place;
  if (best->count < best->limit) {
    best->items[best->count++] = item;
    if (best->count == best->limit)
      for (size_t i = best->limit / 2; i-- > 0;) sift_down(best->items, best->count, i);
  } else if (item > best->items[0]) {
    best->items[0] = item;
    sift_down(best->items, best->count, 0);
  }
}

// What a score must exceed. Places rise, so that an equal score is never better.
static inline uint32_t threshold_of(const quarry_best *best) { return best->count < best->limit ? 0 : (uint32_t)(best->items[0] >> 32); }

static int descending(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x < y) - (x > y);
}

void quarry_best_sort(quarry_best *best) { qsort(best->items, best->count, sizeof *best->items, descending); }

// Cursors

static size_t begin(
  const quarry_segment *s, const quarry_query_term *terms, size_t count, quarry_scratch *scratch) {
  if (count > TERM_LIMIT) count = TERM_LIMIT;
  if (scratch->decoded_terms < count) {
    scratch->decoded = quarry_resize(scratch->decoded, count * 2 * QUARRY_BLOCK, sizeof(uint32_t));
    scratch->decoded_terms = count;
  }
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    if (terms[i].term >= s->term_count) continue;
    scratch->cursors[used] = (cursor){
      .term = terms[i].term, .weight = terms[i].weight, .count = s->term_counts[terms[i].term], .block = s->term_blocks[terms[i].term],
      .block_end = s->term_blocks[terms[i].term + 1], .decoded = ~0u, .positions = scratch->decoded + i * 2 * QUARRY_BLOCK,
      .tfs = scratch->decoded + (i * 2 + 1) * QUARRY_BLOCK};
    used++;
  }
  return used;
}

static inline void decode(const quarry_segment *s, cursor *c, uint32_t block) {
  if (c->decoded == block) return;
  c->decoded_count = (uint32_t)quarry_decode(s, c->term, block, c->positions, c->tfs);
  c->decoded = block;
}

// The first block from `block` on whose last position is not before `position`.
static inline uint32_t seek(const quarry_segment *s, uint32_t block, uint32_t end, uint32_t position) {
  if (block == end || s->blocks[block].last >= position) return block;
  uint32_t step = 1, low = block + 1;
  while (low + step <= end && s->blocks[low + step - 1].last < position) {
    low += step;
    step *= 2;
  }
  uint32_t high = low + step < end ? low + step : end;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (s->blocks[middle].last < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

static inline uint32_t block_bound(const quarry_block *block, uint32_t weight, const uint32_t *impacts) {
  uint32_t best = 0;
  const uint32_t tfs[4] = {1, 2, 4, block->max_tf};
  for (int i = 0; i < 4; i++) {
    if (block->shortest[i] == 255) continue;
    uint32_t impact = impacts[256 * tfs[i] + block->shortest[i]];
    if (impact > best) best = impact;
  }
  return counted(weight, best);
}

// Adds what a term counts to candidates (positions rise), those that have it.
static void add_to_candidates(
  const quarry_segment *s, cursor *c, const uint32_t *impacts, const uint32_t *candidates, size_t count, uint32_t *scores) {
  uint32_t block = c->block, i = 0, last = 0;
  bool here = false;
  for (size_t k = 0; k < count; k++) {
    uint32_t position = candidates[k];
    if (!here || last < position) {
      block = seek(s, block, c->block_end, position);
      if (block == c->block_end) return;
      decode(s, c, block);
      last = s->blocks[block].last;
      here = true;
      i = 0;
    }
    // Sentinel: the last position is not smaller.
    while (i + 8 < c->decoded_count && c->positions[i + 8] <= position) i += 8;
    while (c->positions[i] < position) i++;
    if (c->positions[i] == position) scores[k] += counted(c->weight, impacts[256 * c->tfs[i] + s->lengths[position]]);
  }
}

static inline bool is_in(const uint64_t *bits, uint32_t position) { return !bits || (bits[position / 64] >> position % 64 & 1); }

// Bit i: sums[i] > least, of sixteen; numbers are below 2^31.
static inline uint32_t above(const uint32_t *sums, uint32_t least) {
#if defined(__x86_64__)
  const __m128i limit = _mm_set1_epi32((int)least);
  __m128i is_above[4];
  for (int i = 0; i < 4; i++) is_above[i] = _mm_cmpgt_epi32(_mm_loadu_si128((const __m128i *)(sums + 4 * i)), limit);
  return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(is_above[0], is_above[1]), _mm_packs_epi32(is_above[2], is_above[3])));
#else
  uint32_t bits = 0;
  for (uint32_t i = 0; i < 16; i++) bits |= (uint32_t)(sums[i] > least) << i;
  return bits;
#endif
}

// Positions of a window whose sum is larger than `least`; the sums are set to 0 again.
static size_t collect(uint32_t *sums, uint32_t base, uint32_t width, uint32_t least, const uint64_t *allowed, uint32_t *candidates, uint32_t *scores) {
  size_t count = 0;
  for (uint32_t i = 0; i < width; i += 16)
    for (uint32_t bits = above(sums + i, least); bits; bits &= bits - 1) {
      uint32_t k = i + (uint32_t)__builtin_ctz(bits);
      candidates[count] = base + k;
      scores[count] = sums[k];
      count += is_in(allowed, base + k);
    }
  memset(sums, 0, (width + 15) / 16 * 16 * sizeof *sums);
  return count;
}

static size_t allowed_positions(const uint64_t *allowed, uint32_t base, uint32_t end, uint32_t *candidates) {
  size_t count = 0;
  for (uint32_t word = base / 64; word * 64 < end; word++)
    for (uint64_t bits = allowed[word]; bits; bits &= bits - 1) {
      uint32_t position = word * 64 + (uint32_t)__builtin_ctzll(bits);
      if (position < end) candidates[count++] = position;
    }
  return count;
}

void quarry_search(
  const quarry_segment *s, const quarry_query_term *terms, size_t term_count, const uint32_t *impacts, const uint64_t *allowed,
  uint32_t base, quarry_best *best, quarry_scratch *scratch) {
  if (!best->limit) return;
  size_t count = begin(s, terms, term_count, scratch);
  cursor *cursors = scratch->cursors;
  uint32_t order[TERM_LIMIT];
  for (uint32_t i = 0; i < count; i++) order[i] = i;

  for (uint32_t start = 0; start < s->entry_count && count; start += WINDOW) {
    uint32_t end = start + WINDOW < s->entry_count ? start + WINDOW : s->entry_count;
    uint32_t threshold = threshold_of(best);
    size_t allowed_count = WINDOW;
    if (allowed) {
      allowed_count = 0;
      for (uint32_t word = start / 64; word * 64 < end; word++) allowed_count += (size_t)__builtin_popcountll(allowed[word]);
      if (!allowed_count) continue;
    }

    // Bounds of the window. A sum of weights fits 31 bits, and a bound is not above its weight.
    uint32_t sum = 0, estimate = 0;
    for (size_t i = 0; i < count; i++) {
      cursor *c = &cursors[i];
      c->block = seek(s, c->block, c->block_end, start);
      c->bound = 0;
      for (uint32_t b = c->block; b < c->block_end; b++) {
        if (b > c->block && s->blocks[b - 1].last + 1 >= end) break;
        uint32_t bound = block_bound(&s->blocks[b], c->weight, impacts);
        if (bound > c->bound) c->bound = bound;
        estimate += QUARRY_BLOCK;
      }
      sum += c->bound;
    }
    if (sum <= threshold) continue;

    // Cheap terms with large bounds last; the first ones whose bounds do not reach the threshold together are not essential.
    for (size_t i = 1; i < count; i++) {
      uint32_t moved = order[i];
      size_t k = i;
      for (; k > 0; k--) {
        const cursor *a = &cursors[order[k - 1]], *m = &cursors[moved];
        if ((uint64_t)a->bound * m->count <= (uint64_t)m->bound * a->count) break;
        order[k] = order[k - 1];
      }
      order[k] = moved;
    }
    size_t optional = 0;
    uint32_t optional_bound = 0;
    while (optional < count && optional_bound + cursors[order[optional]].bound <= threshold) optional_bound += cursors[order[optional++]].bound;

    size_t found = 0;
    if (allowed && allowed_count * 8 < estimate) {
      // Few are allowed: they are the candidates, and every term is looked up.
      found = allowed_positions(allowed, start, end, scratch->candidates);
      memset(scratch->scores, 0, found * sizeof *scratch->scores);
      optional = count;
      optional_bound = sum;
    } else if (optional + 1 == count) {
      // One essential term: its postings are the candidates.
      cursor *c = &cursors[order[optional]];
      uint32_t least = threshold - optional_bound;
      for (uint32_t b = c->block; b < c->block_end; b++) {
        if (b > c->block && s->blocks[b - 1].last + 1 >= end) break;
        if (block_bound(&s->blocks[b], c->weight, impacts) <= least) continue;
        decode(s, c, b);
        // Not more than fit: in a file that was forged, a position can stand twice.
        for (uint32_t i = 0; i < c->decoded_count && found < WINDOW; i++) {
          uint32_t position = c->positions[i];
          if (position < start || position >= end) continue;
          uint32_t score = counted(c->weight, impacts[256 * c->tfs[i] + s->lengths[position]]);
          scratch->candidates[found] = position;
          scratch->scores[found] = score;
          found += score > least && is_in(allowed, position);
        }
      }
    } else {
      for (size_t o = optional; o < count; o++) {
        cursor *c = &cursors[order[o]];
        for (uint32_t b = c->block; b < c->block_end; b++) {
          if (b > c->block && s->blocks[b - 1].last + 1 >= end) break;
          decode(s, c, b);
          uint32_t from = 0, to = c->decoded_count;
          if (c->positions[0] < start)
            while (from < to && c->positions[from] < start) from++;
          if (s->blocks[b].last >= end)
            while (to > from && c->positions[to - 1] >= end) to--;
          for (uint32_t i = from; i < to; i++) {
            uint32_t position = c->positions[i];
            scratch->sums[position - start] += counted(c->weight, impacts[256 * c->tfs[i] + s->lengths[position]]);
          }
        }
      }
      found = collect(scratch->sums, start, end - start, threshold - optional_bound, allowed, scratch->candidates, scratch->scores);
    }

    // The rest, largest first.
    while (optional > 0 && found) {
      cursor *c = &cursors[order[--optional]];
      add_to_candidates(s, c, impacts, scratch->candidates, found, scratch->scores);
      optional_bound -= c->bound;
      size_t kept = 0;
      for (size_t k = 0; k < found; k++) {
        scratch->candidates[kept] = scratch->candidates[k];
        scratch->scores[kept] = scratch->scores[k];
        kept += scratch->scores[k] + optional_bound > threshold;
      }
      found = kept;
    }
    for (size_t k = 0; k < found; k++)
      if (scratch->scores[k] > threshold_of(best)) insert(best, scratch->scores[k], base + scratch->candidates[k]);
  }
}

void quarry_scores(
  const quarry_segment *s, const quarry_query_term *terms, size_t term_count, const uint32_t *impacts, const uint32_t *positions,
  size_t count, uint32_t *scores, quarry_scratch *scratch) {
  memset(scores, 0, count * sizeof *scores);
  size_t cursors = begin(s, terms, term_count, scratch);
  for (size_t i = 0; i < cursors; i++) add_to_candidates(s, &scratch->cursors[i], impacts, positions, count, scores);
}
