#include <faiss/impl/IDSelector.h>
#include <omp.h>

#include <algorithm>
#include <vector>

#include "failure.h"
#include "index.h"

using quarry::guarded;

namespace {

struct Hit {
  float score;
  int64_t position;

  /// Better hits come first: the larger score, then the smaller position.
  bool operator<(const Hit &other) const { return score != other.score ? score > other.score : position < other.position; }
};

/// Every allowed row, best `limit` of them in order. 100,000 rows of 384 are read in about the time that memory needs.
std::vector<Hit> scan(const quarry::RowStorage &rows, const float *query, size_t limit, const faiss::IDSelectorBitmap *allowed) {
  const quarry::InnerProduct product = quarry::innerProduct();
  const size_t dimension = static_cast<size_t>(rows.d);
  const float *row = rows.get_xb();
  // A heap whose front is the worst hit kept.
  std::vector<Hit> best;
  best.reserve(limit);
  for (int64_t position = 0; position < rows.ntotal; ++position, row += dimension) {
    if (allowed != nullptr && !allowed->is_member(position)) continue;
    const Hit hit{product(query, row, dimension), position};
    if (best.size() < limit) {
      best.push_back(hit);
      std::push_heap(best.begin(), best.end());
    } else if (hit < best.front()) {
      std::pop_heap(best.begin(), best.end());
      best.back() = hit;
      std::push_heap(best.begin(), best.end());
    }
  }
  std::sort_heap(best.begin(), best.end());
  return best;
}

std::vector<Hit> walk(const faiss::IndexHNSWFlat &graph, const float *query, size_t limit, faiss::IDSelectorBitmap *allowed) {
  std::vector<int64_t> positions(limit);
  std::vector<float> scores(limit);
  faiss::SearchParametersHNSW parameters;
  // The heap is sized by the index's own efSearch (a per-query one only steers the stop in 1.7.3): the two must be the same.
  parameters.efSearch = graph.hnsw.efSearch;
  parameters.sel = allowed;
  omp_set_num_threads(1);
  graph.search(1, query, static_cast<int64_t>(limit), scores.data(), positions.data(), &parameters);
  std::vector<Hit> hits;
  for (size_t i = 0; i < limit; ++i) {
    if (positions[i] >= 0) hits.push_back({scores[i], positions[i]});
  }
  std::sort(hits.begin(), hits.end());
  return hits;
}

}  // namespace

qf_status qf_index_search(
    const qf_index *index, const float *query, size_t limit, const uint8_t *allowed, size_t allowed_byte_count, int64_t *positions,
    float *scores, size_t *found, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    limit = std::min(limit, qf_index_count(index));
    if (limit == 0) {
      *found = 0;
      return QF_OK;
    }
    faiss::IDSelectorBitmap selector(allowed_byte_count, allowed);
    faiss::IDSelectorBitmap *filter = allowed == nullptr ? nullptr : &selector;
    const std::vector<Hit> hits = index->graph ? walk(*index->graph, query, limit, filter) : scan(*index->rows, query, limit, filter);
    for (size_t i = 0; i < hits.size(); ++i) {
      positions[i] = hits[i].position;
      scores[i] = hits[i].score;
    }
    *found = hits.size();
    return QF_OK;
  });
}
