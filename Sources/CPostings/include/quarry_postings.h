// An inverted index in plain arrays: building, checking, merging and searching it.
//
// A segment holds entries at positions 0 ..< entry_count. For each term it has the positions of the entries that hold it, with how often (tf,
// field weights included), in blocks of 128. Scores are integers in fixed point, so that a sum is the same in any order and pruning changes
// nothing: see quarry_search.
#ifndef QUARRY_POSTINGS_H
#define QUARRY_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  QUARRY_BLOCK = 128,
  // Larger frequencies count as this one: tf / (tf + norm) hardly changes any more.
  QUARRY_TF_LIMIT = 255,
  // So that the sum of 128 distances between positions fits 32 bits.
  QUARRY_ENTRY_LIMIT = 1 << 24,
  // Bytes of a term at most.
  QUARRY_TERM_LIMIT = 64,
};

// 128 postings of a term (fewer in its last block), 16 bytes.
typedef struct {
  uint32_t last;         // position of the last posting
  uint32_t start;        // where its bits begin, in units of 4 bytes
  uint8_t id_bits;       // width of a distance to the position before, less 1
  uint8_t tf_bits;       // width of a tf, less 1
  uint8_t max_tf;
  uint8_t unused;
  // The smallest length code among the postings with tf 1, 2, 3…4, 5…: no posting scores more than the best of these. 255 where there is none.
  uint8_t shortest[4];
} quarry_block;

typedef struct {
  uint32_t entry_count, term_count, block_count, reserved;
  uint64_t term_byte_count, packed_word_count;
  uint64_t total_length;        // of the lengths that the codes stand for
  const int64_t *ids;           // (entry_count), rising
  const uint8_t *lengths;       // (entry_count), as codes: quarry_length_code
  const uint32_t *term_starts;  // (term_count + 1) into term_bytes
  const uint8_t *term_bytes;    // terms in the order of their bytes
  const uint32_t *term_counts;  // (term_count) entries that hold the term
  const uint32_t *term_blocks;  // (term_count + 1) into blocks
  const quarry_block *blocks;
  const uint32_t *packed;       // packed_word_count words
} quarry_segment;

// Lengths in a byte: exact below 64, then five bits after the leading one (3 % at most too short), 3,968 at most.
uint8_t quarry_length_code(uint64_t length);
uint32_t quarry_length_of(uint8_t code);

// Whether every number is inside its bounds, so that nothing that is done with the segment reaches outside of it. O(entries + terms + blocks).
// Returns a sentence for what is wrong, or NULL.
const char *quarry_segment_fault(const quarry_segment *segment);

// The term's number, or term_count.
uint32_t quarry_find_term(const quarry_segment *segment, const uint8_t *bytes, size_t count);
// The number of the first term that is not smaller.
uint32_t quarry_lower_bound(const quarry_segment *segment, const uint8_t *bytes, size_t count);

// Decodes a block into positions[QUARRY_BLOCK] and tfs[QUARRY_BLOCK]; returns how many there are. Positions never exceed block.last, whatever
// the bits are.
size_t quarry_decode(const quarry_segment *segment, uint32_t term, uint32_t block, uint32_t *positions, uint32_t *tfs);

// Building from texts
typedef struct quarry_builder quarry_builder;

quarry_builder *quarry_builder_new(void);
void quarry_builder_free(quarry_builder *builder);
// Begins an entry; ids rise. False when there are too many.
bool quarry_builder_begin(quarry_builder *builder, int64_t id);
void quarry_builder_end(quarry_builder *builder);
// Reads text from *at on: pieces between signs that are known are counted, and skipped. True at a piece that is not known:
// *piece ..< *at is its place, and what it means is to be said with quarry_builder_piece, or quarry_builder_count. False at the end.
bool quarry_builder_scan(
  quarry_builder *builder, const uint8_t *text, size_t count, uint32_t language, uint32_t weight, size_t *at, size_t *piece);
// A term's number, made where it is new. At most QUARRY_TERM_LIMIT bytes.
uint32_t quarry_builder_term(quarry_builder *builder, const uint8_t *bytes, size_t count);
// Counts terms (once each time they are named) and words for the entry.
void quarry_builder_count(quarry_builder *builder, const uint32_t *terms, size_t term_count, uint32_t words, uint32_t weight);
// Remembers what a piece means in a language; the next scan knows it.
void quarry_builder_remember(
  quarry_builder *builder, const uint8_t *piece, size_t count, uint32_t language, const uint32_t *terms, size_t term_count, uint32_t words);
// The segment of all entries, whose arrays are the caller's: quarry_segment_free. The builder is empty afterwards.
void quarry_builder_finish(quarry_builder *builder, quarry_segment *segment);

// The entries of several segments that are alive, in the segments' order. The bitmap of segment i begins at live[live_starts[i]]; SIZE_MAX stands
// for all.
void quarry_merge(const quarry_segment *segments, const uint64_t *live, const size_t *live_starts, size_t count, quarry_segment *merged);
void quarry_segment_free(quarry_segment *segment);

// Where a text's pieces are: runs of word bytes (letters, digits, everything that is not ASCII), with signs such as _ . : @ - / between them.
// From *at on; false at the end; otherwise *piece ..< *at.
bool quarry_next_piece(const uint8_t *text, size_t count, size_t *at, size_t *piece);

// Searching

// impacts[256 × tf + length code] = tf / (tf + norm(length)) in 32 bits after the point.
enum { QUARRY_IMPACT_COUNT = 257 * 256 };
// norm = k1 × (1 − b + b × length / average)
void quarry_impacts(double k1, double b, double average_length, uint32_t *impacts);

typedef struct {
  uint32_t term;    // of this segment
  uint32_t weight;  // a posting counts ((weight × impact) >> 32) + 1; the weights of a query sum up to 2³⁰ at most
} quarry_query_term;

// The best of what was found so far: score in the upper half, the complement of the place (base + position) in the lower, so that larger is better.
typedef struct {
  uint64_t *items;  // (limit), a heap with the worst first
  size_t count, limit;
} quarry_best;

typedef struct quarry_scratch quarry_scratch;
quarry_scratch *quarry_scratch_new(void);
void quarry_scratch_free(quarry_scratch *scratch);

// Adds a segment's best entries to `best`, as if every entry were scored with the sum of its terms' counts; entries without any are none.
// allowed: bitmap by position, NULL for all. Terms are distinct, 256 at most.
void quarry_search(
  const quarry_segment *segment, const quarry_query_term *terms, size_t term_count, const uint32_t *impacts, const uint64_t *allowed,
  uint32_t base, quarry_best *best, quarry_scratch *scratch);
// Scores of entries at some positions (rising).
void quarry_scores(
  const quarry_segment *segment, const quarry_query_term *terms, size_t term_count, const uint32_t *impacts, const uint32_t *positions,
  size_t count, uint32_t *scores, quarry_scratch *scratch);
// Best first.
void quarry_best_sort(quarry_best *best);

#endif
