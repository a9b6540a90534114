#include "index.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <thread>

#include "failure.h"
#include "inner_product.h"
#include "scan.h"

using quarry::guarded;

namespace {

/// HNSW counts rows in 32 bits.
const size_t maximumCount = std::numeric_limits<int32_t>::max();

void check(bool condition, const char *words) {
  if (!condition) throw std::invalid_argument(words);
}

std::unique_ptr<qf_index> made(const qf_shape &shape) {
  check(shape.dimension > 0 && shape.dimension <= 65536, "the dimension must be from 1 to 65536");
  auto index = std::make_unique<qf_index>(shape.dimension);
  if (shape.links > 0) {
    // A list of a node fits in the builder's arrays.
    check(shape.links >= 2 && shape.links <= 32, "the number of links must be from 2 to 32");
    check(shape.construction_candidates > 0, "the number of candidates must be positive");
    index->graph = std::make_unique<quarry::Graph>(index->storage, shape.links, shape.construction_candidates);
  }
  return index;
}

/// The links of a file are looked at one by one, so that no walk leaves the rows, whatever the file says.
void adoptGraph(quarry::Graph &graph, const qf_parts &parts) {
  faiss::HNSW &hnsw = graph.faiss.hnsw;
  const auto levelCount = static_cast<int32_t>(hnsw.cum_nneighbor_per_level.size()) - 1;
  hnsw.levels.assign(parts.levels, parts.levels + parts.count);
  hnsw.offsets.assign(1, 0);
  hnsw.offsets.reserve(parts.count + 1);
  for (size_t i = 0; i < parts.count; ++i) {
    check(parts.levels[i] >= 1 && parts.levels[i] <= levelCount, "a row's level is out of range");
    hnsw.offsets.push_back(hnsw.offsets.back() + static_cast<size_t>(hnsw.cum_nneighbor_per_level[static_cast<size_t>(parts.levels[i])]));
  }
  check(hnsw.offsets.back() == parts.link_count, "the graph's lists do not fit");
  const auto count = static_cast<int32_t>(parts.count);
  hnsw.neighbors.assign(parts.links, parts.links + parts.link_count);
  for (int32_t row = 0; row < count; ++row) {
    for (int level = 0; level <= graph.level(row); ++level) {
      const int32_t *links = graph.links(row, level);
      for (size_t i = 0; i < graph.linkLimit(level); ++i)
        check(links[i] == -1 || (links[i] >= 0 && links[i] < count && graph.level(links[i]) >= level), "a link of the graph leads nowhere");
    }
  }
  check(parts.entry >= -1 && parts.entry < count && (parts.entry >= 0) == (count > 0), "the graph has no entry");
  hnsw.entry_point = parts.entry;
  hnsw.max_level = parts.entry >= 0 ? graph.level(parts.entry) : -1;
  graph.faiss.ntotal = count;
}

/// Whether to compare all allowed rows. A walk takes as long as some 90 rows for each of its candidates; where few of many rows are allowed it finds
/// too little besides, because they are no longer each other's neighbours (of a million rows with 3 % allowed a walk finds nine of ten, in the time of
/// comparing them all).
bool isScanned(size_t allowed, size_t count, size_t candidates) {
  return allowed <= 90 * candidates || (allowed < count / 20 && allowed <= 560 * candidates);
}

/// Threads to compare so many rows on: a thread takes as long to begin as a thousand of them.
std::size_t threadCount(std::size_t allowed) {
  const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
  return std::clamp<std::size_t>(allowed / 8192, 1, std::min<std::size_t>(processors, 4));
}

std::vector<quarry::Hit> find(const qf_index &index, const float *query, size_t limit, size_t candidates, const quarry::Filter &filter) {
  const size_t count = index.storage.count();
  const size_t allowed = filter.allowedCount(count);
  limit = std::min(limit, allowed);
  if (limit == 0) return {};
  candidates = std::max(candidates, limit);
  if (index.lists) return index.lists->search(index.storage.rows, query, limit, candidates, filter, allowed);
  if (index.graph && !isScanned(allowed, count, candidates)) {
    std::vector<quarry::Hit> hits =
        index.graph->search(query, limit, candidates, filter, static_cast<double>(allowed) / static_cast<double>(count));
    if (hits.size() == limit) return hits;
  }
  return quarry::scan(index.storage, query, limit, filter, threadCount(allowed));
}

}  // namespace

qf_status qf_index_new(qf_shape shape, qf_index **index, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    *index = made(shape).release();
    return QF_OK;
  });
}

qf_status qf_index_open(
    qf_shape shape, const qf_parts *parts, size_t capacity, qf_index **index, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    check(parts->count <= maximumCount && capacity <= maximumCount, "an index holds at most 2147483647 vectors");
    auto opened = made(shape);
    if (parts->list_count > 0) {
      check(shape.links == 0, "an index has lists or a graph");
      opened->storage.adopt(parts->rows, parts->count);
      opened->lists = quarry::Lists::opened(*parts, shape.dimension);
      *index = opened.release();
      return QF_OK;
    }
    opened->reserve(capacity, 0);
    opened->storage.adopt(parts->rows, parts->codes, parts->scales, parts->errors, parts->longest, parts->count);
    if (opened->graph) adoptGraph(*opened->graph, *parts);
    *index = opened.release();
    return QF_OK;
  });
}

void qf_index_free(qf_index *index) { delete index; }

size_t qf_index_count(const qf_index *index) { return index->storage.count(); }

qf_parts qf_index_parts(const qf_index *index) {
  const quarry::CodeStorage &storage = index->storage;
  qf_parts parts = {};
  parts.count = storage.count();
  parts.codes = storage.codes.data();
  parts.scales = storage.scales.data();
  parts.errors = storage.errors.data();
  parts.longest = storage.longest;
  parts.entry = -1;
  if (index->graph) {
    const faiss::HNSW &hnsw = index->graph->faiss.hnsw;
    parts.levels = hnsw.levels.data();
    parts.links = hnsw.neighbors.data();
    parts.link_count = hnsw.neighbors.size();
    parts.entry = hnsw.entry_point;
  }
  return parts;
}

const float *qf_index_row(const qf_index *index, size_t position, size_t *run) {
  if (run != nullptr) *run = index->storage.rows.run(position);
  return index->storage.rows.row(position);
}

qf_status qf_index_reserve(qf_index *index, size_t count, size_t held, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    check(count <= maximumCount, "an index holds at most 2147483647 vectors");
    index->reserve(count, held);
    return QF_OK;
  });
}

void qf_index_move_rows(qf_index *index, const float *first) { index->storage.rows.move(first); }

qf_status qf_index_add(qf_index *index, const float *rows, size_t count, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    if (count == 0) return QF_OK;
    check(!index->lists, "lists are made at once");
    check(count <= maximumCount - qf_index_count(index), "an index holds at most 2147483647 vectors");
    index->storage.add(static_cast<int64_t>(count), rows);
    return QF_OK;
  });
}

qf_status qf_index_link(qf_index *index, size_t threads, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    if (index->graph) index->graph->extend(threads);
    return QF_OK;
  });
}

qf_status qf_index_search(
    const qf_index *index, const float *query, size_t limit, size_t candidates, const uint8_t *allowed, size_t allowed_byte_count,
    int64_t *positions, float *scores, size_t *found, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    const std::vector<quarry::Hit> hits = find(*index, query, limit, candidates, {allowed, allowed_byte_count});
    for (size_t i = 0; i < hits.size(); ++i) {
      positions[i] = hits[i].position;
      scores[i] = hits[i].score;
    }
    *found = hits.size();
    return QF_OK;
  });
}

qf_status qf_index_search_faiss(
    const qf_index *index, const float *query, size_t limit, size_t candidates, int64_t *positions, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    check(index->graph != nullptr, "the index has no graph");
    faiss::SearchParametersHNSW parameters;
    parameters.efSearch = static_cast<int>(candidates);
    std::vector<float> distances(limit);
    omp_set_num_threads(1);
    // FAISS 1.7.3 sizes its queue by the index's own number.
    faiss::HNSW &hnsw = const_cast<qf_index *>(index)->graph->faiss.hnsw;
    hnsw.efSearch = static_cast<int>(candidates);
    index->graph->faiss.search(1, query, static_cast<int64_t>(limit), distances.data(), positions, &parameters);
    return QF_OK;
  });
}
