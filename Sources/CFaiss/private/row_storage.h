// The rows under a graph: FAISS's flat storage with our inner product in place of its SSE2 one (Debian builds for any amd64).

#pragma once

#include <faiss/IndexFlat.h>
#include <faiss/impl/DistanceComputer.h>

#include "inner_product.h"

namespace quarry {

/// Inner products of one query with the rows of a storage; lives for one search or one thread of a build.
class RowProducts final : public faiss::FlatCodesDistanceComputer {
 public:
  explicit RowProducts(const faiss::IndexFlat &rows)
      : FlatCodesDistanceComputer(rows.codes.data(), rows.code_size), dimension(static_cast<std::size_t>(rows.d)), product(innerProduct()) {}

  void set_query(const float *x) override { query = x; }

  float distance_to_code(const uint8_t *code) override { return product(query, reinterpret_cast<const float *>(code), dimension); }

  float symmetric_dis(idx_t i, idx_t j) override { return product(row(i), row(j), dimension); }

 private:
  const float *row(idx_t i) const { return reinterpret_cast<const float *>(codes + static_cast<std::size_t>(i) * code_size); }

  const float *query = nullptr;
  std::size_t dimension;
  InnerProduct product;
};

/// An IndexFlat that FAISS's writer saves as one, because it still is one.
struct RowStorage final : faiss::IndexFlat {
  explicit RowStorage(idx_t dimension) : IndexFlat(dimension, faiss::METRIC_INNER_PRODUCT) {}

  /// Takes the rows of a storage that FAISS's reader made.
  explicit RowStorage(faiss::IndexFlat &&other) : IndexFlat(other.d, other.metric_type) {
    codes.swap(other.codes);
    ntotal = other.ntotal;
  }

  faiss::FlatCodesDistanceComputer *get_FlatCodesDistanceComputer() const override { return new RowProducts(*this); }
};

}  // namespace quarry
