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
    if (start + 8 <= byteCount)
      std::memcpy(&word, bytes + start, 8);
    else if (start < byteCount)
      std::memcpy(&word, bytes + start, byteCount - start);
    return word;
  }

  /// How many of the first `count` rows are allowed.
  std::size_t allowedCount(std::size_t count) const {
    if (bytes == nullptr) return count;
    std::size_t sum = 0, first = 0;
    for (; first + 64 <= count && first / 8 + 8 <= byteCount; first += 64) sum += ones(word(first));
    for (; first < count; first += 64) sum += ones(count - first < 64 ? word(first) & ((std::uint64_t(1) << (count - first)) - 1) : word(first));
    return sum;
  }

 private:
  /// Bits that are set, counted in pairs, fours and eights: processors without an instruction for it are built for too, and for them the compiler's own
  /// way is a call.
  static std::size_t ones(std::uint64_t word) {
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F;
    return static_cast<std::size_t>(word * 0x0101010101010101 >> 56);
  }
};

}  // namespace quarry
