// Exact search: every allowed row is looked at.

#pragma once

#include <vector>

#include "code_storage.h"
#include "filter.h"
#include "hit.h"

namespace quarry {

/// The best `limit` allowed rows, best first: those of largest exact inner product, proven by bounds on what the codes leave out. The same on any
/// number of threads.
std::vector<Hit> scan(const CodeStorage &storage, const float *query, std::size_t limit, const Filter &filter, std::size_t threads = 1);

}  // namespace quarry
