// Which rows may be found.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace quarry {

/// Bit i % 8 of byte i / 8 says whether row i may be found; rows beyond the end may not. Without bytes all may.
struct Filter {
  const std::uint8_t *bytes = nullptr;
  std::size_t byteCount = 0;

  bool isAll() const { return bytes == nullptr; }

  bool allows(std::size_t row) const {
    if (bytes == nullptr) return true;
    return row / 8 < byteCount && (bytes[row / 8] >> (row % 8) & 1) != 0;
  }

  /// 64 rows from a multiple of 64 on.
  std::uint64_t word(std::size_t first) const {
    if (bytes == nullptr) return ~std::uint64_t(0);
    std::uint64_t word = 0;
    const std::size_t start = first / 8;
    if (start < byteCount) std::memcpy(&word, bytes + start, byteCount - start < 8 ? byteCount - start : 8);
    return word;
  }

  /// How many of the first `count` rows are allowed.
  std::size_t allowedCount(std::size_t count) const {
    if (bytes == nullptr) return count;
    std::size_t sum = 0;
    for (std::size_t first = 0; first < count; first += 64) {
      std::uint64_t word = this->word(first);
      if (count - first < 64) word &= (std::uint64_t(1) << (count - first)) - 1;
      sum += static_cast<std::size_t>(__builtin_popcountll(word));
    }
    return sum;
  }
};

}  // namespace quarry
