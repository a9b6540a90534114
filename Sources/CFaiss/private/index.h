// What an opaque qf_index holds.

#pragma once

#include <memory>

#include "graph.h"

struct qf_index {
  quarry::CodeStorage storage;
  /// Absent where every search looks at all rows. It borrows the storage.
  std::unique_ptr<quarry::Graph> graph;

  explicit qf_index(std::size_t dimension) : storage(dimension) {}
};
