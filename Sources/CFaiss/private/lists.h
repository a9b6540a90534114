// Rows in lists of neighbours: an inverted file (IVF), for collections that do not fit into memory.

#pragma once

#include <memory>
#include <vector>

#include "CFaiss.h"
#include "code_storage.h"
#include "filter.h"
#include "hit.h"

namespace quarry {

/// Each row is in the list of its nearest centre, and a search looks through the lists of the centres that are nearest to the query (Jégou, Douze and
/// Schmid, "Product quantization for nearest neighbor search", 2011, section IV, here with whole codes). What a search reads lies together, list by
/// list, in a file that is mapped: a graph's walk would wait for a page with every step.
class Lists {
 public:
  /// Of a file's arrays, which are borrowed.
  static std::unique_ptr<Lists> opened(const qf_parts &parts, std::size_t dimension);

  /// The best `limit` allowed rows as far as the nearest lists hold them, with exact scores, best first; exact where few rows are allowed, and never
  /// fewer than `limit` if so many are allowed.
  std::vector<Hit> search(
      const Rows &rows, const float *query, std::size_t limit, std::size_t candidates, const Filter &filter, std::size_t allowed) const;

 private:
  explicit Lists(std::size_t dimension) : centres(dimension) {}

  CodeStorage centres;
  std::vector<std::int64_t> starts;
  const std::uint8_t *codes = nullptr;
  const float *scales = nullptr;
  const std::int32_t *members = nullptr;
};

}  // namespace quarry
