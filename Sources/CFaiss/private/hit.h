#pragma once

#include <cstdint>

namespace quarry {

/// A row that was found.
struct Hit {
  float score;
  std::int64_t position;

  /// Better hits come first: the larger score, then the smaller position.
  bool operator<(const Hit &other) const { return score != other.score ? score > other.score : position < other.position; }
};

}  // namespace quarry
