#include <faiss/impl/io.h>
#include <faiss/index_io.h>

#include <cstring>
#include <stdexcept>

#include "failure.h"
#include "index.h"

using quarry::guarded;

namespace {

struct WriteRefused {};

/// Hands FAISS's bytes on. FAISS's own file writer never syncs and may miss a full disk; ours leaves both to the caller.
struct CallbackWriter final : faiss::IOWriter {
  qf_write write;
  void *context;

  CallbackWriter(qf_write write, void *context) : write(write), context(context) { name = "the index file"; }

  size_t operator()(const void *bytes, size_t size, size_t count) override {
    if (size > 0 && count > 0 && write(context, bytes, size * count) != 0) throw WriteRefused();
    return count;
  }
};

/// Reads from memory and never past its end.
struct MemoryReader final : faiss::IOReader {
  const uint8_t *bytes;
  size_t left;

  MemoryReader(const void *bytes, size_t count) : bytes(static_cast<const uint8_t *>(bytes)), left(count) { name = "the index file"; }

  size_t operator()(void *target, size_t size, size_t count) override {
    if (size == 0 || count == 0) return count;
    const size_t items = std::min(count, left / size);
    std::memcpy(target, bytes, items * size);
    bytes += items * size;
    left -= items * size;
    return items;
  }
};

void check(bool condition, const char *words) {
  if (!condition) throw std::runtime_error(words);
}

void checkRows(const faiss::IndexFlat *rows) {
  check(rows != nullptr, "the rows are of a kind that Quarry does not write");
  check(rows->metric_type == faiss::METRIC_INNER_PRODUCT, "the metric is not the inner product");
  check(rows->d > 0 && rows->ntotal >= 0, "the dimension or the count is out of range");
  check(rows->codes.size() == static_cast<size_t>(rows->ntotal) * static_cast<size_t>(rows->d) * sizeof(float), "the rows do not fill their matrix");
}

void checkGraph(const faiss::IndexHNSWFlat &graph, const faiss::IndexFlat &rows) {
  const faiss::HNSW &hnsw = graph.hnsw;
  check(graph.d == rows.d && graph.ntotal == rows.ntotal, "the graph and its rows differ in size");
  check(hnsw.levels.size() == static_cast<size_t>(rows.ntotal), "the graph and its rows differ in size");
  check(hnsw.offsets.size() == hnsw.levels.size() + 1 && hnsw.offsets.back() == hnsw.neighbors.size(), "the graph's lists do not fit");
  for (const int32_t neighbor : hnsw.neighbors) check(neighbor >= -1 && neighbor < rows.ntotal, "a link of the graph leads nowhere");
  check(rows.ntotal == 0 || (hnsw.entry_point >= 0 && hnsw.entry_point < rows.ntotal), "the graph has no entry");
}

}  // namespace

qf_status qf_index_write(const qf_index *index, qf_write write, void *context, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    CallbackWriter writer(write, context);
    const faiss::Index *whole = index->rows.get();
    if (index->graph) whole = index->graph.get();
    try {
      faiss::write_index(whole, &writer);
    } catch (const WriteRefused &) {
      quarry::say("the write was refused", message, message_capacity);
      return QF_WRITE_REFUSED;
    }
    return QF_OK;
  });
}

qf_status qf_index_read(const void *bytes, size_t count, size_t ef_search, qf_index **index, char *message, size_t message_capacity) {
  return guarded(message, message_capacity, [&] {
    MemoryReader reader(bytes, count);
    std::unique_ptr<faiss::Index> read(faiss::read_index(&reader));
    check(reader.left == 0, "bytes are left over after the index");
    auto made = std::make_unique<qf_index>();
    if (auto *graph = dynamic_cast<faiss::IndexHNSWFlat *>(read.get())) {
      auto *rows = dynamic_cast<faiss::IndexFlat *>(graph->storage);
      checkRows(rows);
      checkGraph(*graph, *rows);
      made->rows = std::make_unique<quarry::RowStorage>(std::move(*rows));
      if (graph->own_fields) delete graph->storage;
      graph->own_fields = false;
      graph->storage = made->rows.get();
      graph->hnsw.efSearch = static_cast<int>(ef_search);
      read.release();
      made->graph.reset(graph);
    } else {
      auto *rows = dynamic_cast<faiss::IndexFlat *>(read.get());
      checkRows(rows);
      made->rows = std::make_unique<quarry::RowStorage>(std::move(*rows));
    }
    *index = made.release();
    return QF_OK;
  });
}
