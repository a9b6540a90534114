#pragma once

#include <cstdint>

namespace quarry {

/// Which of two scores that differ is the larger one. What is no number, as only a forged file has it, is less than all numbers: an order that
/// is none would lead sorting out of its arrays.
inline bool isLarger(float a, float b) { return a > b || (b != b && a == a); }

/// A row that was found.
struct Hit {
  float score;
  std::int64_t position;

  /// Better hits come first: the larger score, then the smaller position.
  bool operator<(const Hit &other) const {
    return isLarger(score, other.score) || (!isLarger(other.score, score) && position < other.position);
  }
};

}  // namespace quarry
