// What an opaque qf_index holds.

#pragma once

#include <faiss/IndexHNSW.h>

#include <memory>

#include "row_storage.h"

struct qf_index {
  /// Owned here: a graph borrows them.
  std::unique_ptr<quarry::RowStorage> rows;
  /// Absent where rows stand alone.
  std::unique_ptr<faiss::IndexHNSWFlat> graph;
};
