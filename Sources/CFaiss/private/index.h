// What an opaque qf_index holds.

#pragma once

#include <memory>

#include "graph.h"
#include "lists.h"

struct qf_index {
  quarry::CodeStorage storage;
  /// Absent where every search looks at all rows. It borrows the storage.
  std::unique_ptr<quarry::Graph> graph;
  /// Where there are lists, the storage has rows and no codes.
  std::unique_ptr<quarry::Lists> lists;

  explicit qf_index(std::size_t dimension) : storage(dimension) {}

  /// Makes room for so many rows in all, of which `held` are held at a time.
  void reserve(std::size_t count, std::size_t held) {
    storage.reserve(count, held);
    if (graph) graph->reserve(count);
  }
};
