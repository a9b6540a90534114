// Memory for the large arrays of an index.

#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace quarry {

/// Plain values in a row, aligned to 64 bytes, with room behind the last one that may be read. Large ones lie in huge pages where the system has them:
/// a walk through a graph touches its rows in no order, and most of its time would go to finding pages.
template <typename Value>
class Array {
 public:
  /// Bytes behind the last value that may be read.
  static constexpr std::size_t padding = 64;

  Array() = default;
  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;
  ~Array() { std::free(values); }

  Value *data() { return values; }
  const Value *data() const { return values; }
  std::size_t size() const { return count; }
  Value &operator[](std::size_t i) { return values[i]; }
  const Value &operator[](std::size_t i) const { return values[i]; }

  void reserve(std::size_t wanted) {
    if (wanted <= capacity) return;
    const std::size_t huge = std::size_t(2) << 20;
    std::size_t bytes = wanted * sizeof(Value) + padding;
    const std::size_t alignment = bytes >= 2 * huge ? huge : 64;
    bytes = (bytes + alignment - 1) / alignment * alignment;
    void *memory = std::aligned_alloc(alignment, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    if (alignment == huge) madvise(memory, bytes, MADV_HUGEPAGE);
    if (count > 0) std::memcpy(memory, values, count * sizeof(Value));
    std::memset(static_cast<char *>(memory) + bytes - padding, 0, padding);
    std::free(values);
    values = static_cast<Value *>(memory);
    capacity = (bytes - padding) / sizeof(Value);
  }

  /// New values are not set.
  void resize(std::size_t wanted) {
    if (wanted > capacity) reserve(std::max(wanted, capacity + capacity / 2));
    count = wanted;
  }

  void assign(const Value *from, std::size_t wanted) {
    reserve(wanted);
    count = wanted;
    if (wanted > 0) std::memcpy(values, from, wanted * sizeof(Value));
  }

 private:
  Value *values = nullptr;
  std::size_t count = 0, capacity = 0;
};

}  // namespace quarry
