// The C face of FAISS 1.7.3: only what Quarry uses, and nothing that throws.
//
// Ownership: an index belongs to the caller that got it from `qf_index_new` or `qf_index_open` and is given back with
// `qf_index_free`. Every other pointer is borrowed for the length of the call, unless a comment says otherwise.
//
// Errors: functions that can fail return a qf_status. When it is not QF_OK, the words of the C++ exception stand in `message`,
// cut to `message_capacity` bytes with its final zero; out parameters are then untouched.
//
// Threads: any number may search one index at a time; adding and linking need it alone.

#ifndef QUARRY_CFAISS_H
#define QUARRY_CFAISS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum qf_status { QF_OK = 0, QF_FAILED = 1, QF_OUT_OF_MEMORY = 2 } qf_status;

/// Vectors of one dimension under inner product: their rows, byte codes of a quarter of the size that searches compare, and maybe FAISS's HNSW
/// graph over them.
typedef struct qf_index qf_index;

typedef struct qf_shape {
  size_t dimension;
  /// Neighbours of a node of the graph (twice that on the lowest level), 2 … 32; 0 for no graph: every search looks at all rows.
  size_t links;
  /// Candidates for the neighbours of a new node.
  size_t construction_candidates;
} qf_shape;

/// The arrays of an index: what a file holds of it, beside the rows.
typedef struct qf_parts {
  size_t count;
  /// count × dimension, aligned to 4; in `qf_index_parts` NULL (see `qf_index_row`).
  const float *rows;
  /// count × dimension
  const uint8_t *codes;
  /// count each
  const float *scales, *errors;
  float longest;
  /// The graph, where there is one: count levels from 1, the lists of links of all nodes one after the other, the entry (-1 for none).
  const int32_t *levels, *links;
  size_t link_count;
  int32_t entry;
  /// Lists, where there are any: then codes and scales are in the lists' order, errors are NULL, and `members` says which row each is of.
  size_t list_count;
  /// list_count × dimension
  const float *centres;
  /// list_count + 1: where each list begins.
  const int64_t *starts;
  const int32_t *members;
} qf_parts;

/// An empty index.
qf_status qf_index_new(qf_shape shape, qf_index **index, char *message, size_t message_capacity);

/// An index of given arrays, with room for `capacity` rows in all if that is more. The rows are borrowed until the index is freed; so are codes,
/// scales and members where there are lists; everything else is copied. Starts and members, levels, links and entry are checked; that codes, scales
/// and errors belong to the rows is not.
qf_status qf_index_open(
    qf_shape shape, const qf_parts *parts, size_t capacity, qf_index **index, char *message, size_t message_capacity);

/// Gives an index back; NULL is allowed.
void qf_index_free(qf_index *index);

size_t qf_index_count(const qf_index *index);

/// The arrays, borrowed until the index next changes or is freed.
qf_parts qf_index_parts(const qf_index *index);

/// A row, borrowed until the index next changes or is freed; `run` gets how many rows from it on follow each other in memory.
const float *qf_index_row(const qf_index *index, size_t position, size_t *run);

/// Makes room for `count` rows in all, of which `held` are held at a time, so that adding them piece by piece copies nothing.
qf_status qf_index_reserve(qf_index *index, size_t count, size_t held, char *message, size_t message_capacity);

/// Lets go of the rows that are held for the same ones elsewhere, borrowed until the index is freed. They come behind those that were moved before,
/// the first of which lies at `first` as well.
void qf_index_move_rows(qf_index *index, const float *first);

/// Adds `count` rows of the index's dimension, copied. A graph finds them after `qf_index_link`.
qf_status qf_index_add(qf_index *index, const float *rows, size_t count, char *message, size_t message_capacity);

/// Brings rows that were added into the graph, on up to `threads` threads. The graph is the same whatever their number.
qf_status qf_index_link(qf_index *index, size_t threads, char *message, size_t message_capacity);

/// The `limit` rows of largest inner product with `query`, best first, among those whose bit in `allowed` is 1 (bit i % 8 of byte
/// i / 8; bits beyond the end count as 0); NULL allows all. `positions` and `scores` have room for `limit`; `found` gets how many.
/// Of equal scores the smaller position comes first.
///
/// Without graph and lists, and where a filter leaves few rows, the result is exact. A walk through the graph keeps `candidates` rows (at least `limit`): the
/// more, the surer and slower. It always finds `limit` rows, if there are so many.
qf_status qf_index_search(
    const qf_index *index, const float *query, size_t limit, size_t candidates, const uint8_t *allowed, size_t allowed_byte_count,
    int64_t *positions, float *scores, size_t *found, char *message, size_t message_capacity);

/// Centres of `list_count` lists for rows like those of a sample (count × dimension): k-means by inner product. The same sample gives the same centres.
qf_status qf_lists_train(
    const float *sample, size_t count, size_t dimension, size_t list_count, float *centres, char *message, size_t message_capacity);

/// The list that each of `count` rows belongs to, that of the nearest centre, and the row's codes and scale.
qf_status qf_lists_assign(
    const float *centres, size_t list_count, size_t dimension, const float *rows, size_t count, int32_t *lists, uint8_t *codes, float *scales,
    char *message, size_t message_capacity);

/// What FAISS's own search finds in the graph by the codes, in its order; -1 for none. For tests, on one thread at a time.
qf_status qf_index_search_faiss(
    const qf_index *index, const float *query, size_t limit, size_t candidates, int64_t *positions, char *message, size_t message_capacity);

/// scores[i] = query · rows[i]. One row's score depends on that row and the query alone, not on its place or neighbours: every
/// path (exact, HNSW, a single row) gives the same bits.
void qf_inner_products(const float *query, const float *rows, size_t count, size_t dimension, float *scores);

#ifdef __cplusplus
}
#endif

#endif
