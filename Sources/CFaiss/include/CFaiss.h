// The C face of FAISS 1.7.3: only what Quarry uses, and nothing that throws.
//
// Ownership: an index belongs to the caller that got it from a `qf_index_new_…` or `qf_index_read` and is given back with
// `qf_index_free`. Every other pointer is borrowed for the length of the call, unless a comment says otherwise.
//
// Errors: functions that can fail return a qf_status. When it is not QF_OK, the words of the C++ exception stand in `message`,
// cut to `message_capacity` bytes with its final zero; out parameters are then untouched.
//
// Threads: any number may search one index at a time; adding needs it alone. All work is done on the calling thread.

#ifndef QUARRY_CFAISS_H
#define QUARRY_CFAISS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum qf_status { QF_OK = 0, QF_FAILED = 1, QF_OUT_OF_MEMORY = 2, QF_WRITE_REFUSED = 3 } qf_status;

/// An index of vectors of one dimension under inner product: rows alone, or rows with an HNSW graph over them.
typedef struct qf_index qf_index;

/// Rows alone: every search looks at all of them.
qf_status qf_index_new_flat(size_t dimension, qf_index **index, char *message, size_t message_capacity);

/// An HNSW graph: `links` neighbours a node (twice that on the lowest level), `ef_construction` and `ef_search` candidates kept
/// while building and searching.
qf_status qf_index_new_hnsw(
    size_t dimension, size_t links, size_t ef_construction, size_t ef_search, qf_index **index, char *message, size_t message_capacity);

/// Gives an index back; NULL is allowed.
void qf_index_free(qf_index *index);

size_t qf_index_count(const qf_index *index);
size_t qf_index_dimension(const qf_index *index);
/// 1 for an HNSW graph, 0 for rows alone.
int qf_index_is_hnsw(const qf_index *index);

/// The rows, count × dimension; borrowed until the index next changes or is freed.
const float *qf_index_rows(const qf_index *index);

/// Makes room for `count` rows in all, so that adding them piece by piece copies nothing.
qf_status qf_index_reserve(qf_index *index, size_t count, char *message, size_t message_capacity);

/// Adds `count` rows of the index's dimension, copied. Single-threaded on purpose: FAISS's parallel insertion has a data race
/// (its issue 5129) that can spoil a graph silently, and the same rows in the same order shall give the same graph.
qf_status qf_index_add(qf_index *index, const float *rows, size_t count, char *message, size_t message_capacity);

/// The `limit` rows of largest inner product with `query`, best first, among those whose bit in `allowed` is 1 (bit i % 8 of byte
/// i / 8; bits beyond the end count as 0); NULL allows all. `positions` and `scores` have room for `limit`; `found` gets how many.
/// Of equal scores the smaller position comes first.
qf_status qf_index_search(
    const qf_index *index, const float *query, size_t limit, const uint8_t *allowed, size_t allowed_byte_count, int64_t *positions,
    float *scores, size_t *found, char *message, size_t message_capacity);

/// Takes the next `count` bytes; returns 0 to go on, anything else to stop, which gives QF_WRITE_REFUSED.
typedef int (*qf_write)(void *context, const void *bytes, size_t count);

/// Writes the index in FAISS's own form through `write`.
qf_status qf_index_write(const qf_index *index, qf_write write, void *context, char *message, size_t message_capacity);

/// Reads an index back from exactly `count` bytes. FAISS's reader is not hardened: check a checksum over the bytes first.
qf_status qf_index_read(const void *bytes, size_t count, size_t ef_search, qf_index **index, char *message, size_t message_capacity);

/// scores[i] = query · rows[i]. One row's score depends on that row and the query alone, not on its place or neighbours: every
/// path (exact, HNSW, a single row) gives the same bits.
void qf_inner_products(const float *query, const float *rows, size_t count, size_t dimension, float *scores);

#ifdef __cplusplus
}
#endif

#endif
