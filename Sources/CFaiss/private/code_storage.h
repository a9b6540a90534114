// What lies under a graph: the exact rows, and codes of a quarter of their size that searches compare.

#pragma once

#include <faiss/Index.h>

#include <algorithm>
#include <cstdint>

#include "array.h"
#include "codes.h"

namespace quarry {

/// Rows of floats: those of a file, where they stay, those that were added and lie elsewhere since, and those that were added and lie here.
class Rows {
 public:
  explicit Rows(std::size_t dimension) : dimension(dimension) {}

  std::size_t count() const { return borrowedCount + movedCount + own.size() / dimension; }
  const float *row(std::size_t i) const {
    if (i < borrowedCount) return borrowed + i * dimension;
    i -= borrowedCount;
    return i < movedCount ? moved + i * dimension : own.data() + (i - movedCount) * dimension;
  }

  void clear() { borrow(nullptr, 0); }
  /// Has these rows and no others.
  void borrow(const float *rows, std::size_t count) { borrowed = rows, borrowedCount = count, movedCount = 0, own.resize(0); }
  /// Those that lie here lie elsewhere now, behind the ones that were moved before, the first of which lies at `first`.
  void move(const float *first) { moved = first, movedCount += own.size() / dimension, own.resize(0); }
  void reserve(std::size_t held) { own.reserve(held * dimension); }
  void add(const float *rows, std::size_t count) {
    const std::size_t before = own.size();
    own.resize(before + count * dimension);
    std::copy(rows, rows + count * dimension, own.data() + before);
  }
  /// As many rows as follow each other in memory from `i` on.
  std::size_t run(std::size_t i) const {
    if (i < borrowedCount) return borrowedCount - i;
    return (i < borrowedCount + movedCount ? borrowedCount + movedCount : count()) - i;
  }

 private:
  std::size_t dimension;
  const float *borrowed = nullptr, *moved = nullptr;
  std::size_t borrowedCount = 0, movedCount = 0;
  Array<float> own;
};

/// A storage that FAISS's graph takes like its own. Its distances are those of the codes (x ≈ scale · (code − 128), one scale a row); whoever wants
/// exact ones compares the rows of the few that are left.
struct CodeStorage final : faiss::Index {
  Rows rows;
  /// count × dimension
  Array<std::uint8_t> codes;
  /// One a row: its scale, and how far the codes are from the row (a length).
  Array<float> scales, errors;
  /// No row is longer.
  float longest = 0;

  explicit CodeStorage(std::size_t dimension);

  std::size_t dimension() const { return static_cast<std::size_t>(d); }
  std::size_t count() const { return static_cast<std::size_t>(ntotal); }
  const std::uint8_t *code(std::size_t i) const { return codes.data() + i * dimension(); }
  void reserve(std::size_t count, std::size_t held);
  /// Takes the rows and codes of a file; the rows stay where they are.
  void adopt(const float *rows, const std::uint8_t *codes, const float *scales, const float *errors, float longest, std::size_t count);

  /// Takes rows without codes: they are compared through something else than this.
  void adopt(const float *rows, std::size_t count);

  void add(idx_t n, const float *x) override;
  /// Forgets all rows.
  void reset() override;
  void reconstruct(idx_t key, float *row) const override;
  /// Compares all rows; FAISS's interface asks for it.
  void search(
      idx_t n, const float *x, idx_t k, float *distances, idx_t *labels, const faiss::SearchParameters *parameters = nullptr) const override;
  /// Negative products of codes: the less, the nearer, as FAISS's graph wants it.
  faiss::DistanceComputer *get_distance_computer() const override;
};

}  // namespace quarry
