#include "index.h"

#include <omp.h>

#include <limits>
#include <stdexcept>

#include "failure.h"

using quarry::guarded;

namespace {

/// HNSW counts rows in 32 bits.
const size_t maximumCount = std::numeric_limits<int32_t>::max();

void check(bool condition, const char *words) {
  if (!condition) throw std::invalid_argument(words);
}

std::unique_ptr<qf_index> newFlat(size_t dimension) {
  check(dimension > 0 && dimension <= 65536, "the dimension must be from 1 to 65536");
  auto made = std::make_unique<qf_index>();
  made->rows = std::make_unique<quarry::RowStorage>(static_cast<int>(dimension));
  return made;
}

}  // namespace

qf_status qf_index_new_flat(size_t dimension, qf_index **index, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    *index = newFlat(dimension).release();
    return QF_OK;
  });
}

qf_status qf_index_new_hnsw(
    size_t dimension, size_t links, size_t ef_construction, size_t ef_search, qf_index **index, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    check(links >= 2 && links <= 1024, "the number of links must be from 2 to 1024");
    check(ef_construction > 0 && ef_search > 0, "the numbers of candidates must be positive");
    auto made = newFlat(dimension);
    made->graph = std::make_unique<faiss::IndexHNSWFlat>(static_cast<int>(dimension), static_cast<int>(links), faiss::METRIC_INNER_PRODUCT);
    delete made->graph->storage;
    made->graph->own_fields = false;
    made->graph->storage = made->rows.get();
    made->graph->hnsw.efConstruction = static_cast<int>(ef_construction);
    made->graph->hnsw.efSearch = static_cast<int>(ef_search);
    *index = made.release();
    return QF_OK;
  });
}

void qf_index_free(qf_index *index) { delete index; }

size_t qf_index_count(const qf_index *index) { return static_cast<size_t>(index->rows->ntotal); }

size_t qf_index_dimension(const qf_index *index) { return static_cast<size_t>(index->rows->d); }

int qf_index_is_hnsw(const qf_index *index) { return index->graph ? 1 : 0; }

const float *qf_index_rows(const qf_index *index) { return index->rows->get_xb(); }

qf_status qf_index_reserve(qf_index *index, size_t count, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    check(count <= maximumCount, "an index holds at most 2147483647 vectors");
    index->rows->codes.reserve(count * index->rows->code_size);
    return QF_OK;
  });
}

qf_status qf_index_add(qf_index *index, const float *rows, size_t count, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    if (count == 0) return QF_OK;
    check(count <= maximumCount - qf_index_count(index), "an index holds at most 2147483647 vectors");
    omp_set_num_threads(1);
    if (index->graph) {
      index->graph->add(static_cast<int64_t>(count), rows);
    } else {
      index->rows->add(static_cast<int64_t>(count), rows);
    }
    return QF_OK;
  });
}
