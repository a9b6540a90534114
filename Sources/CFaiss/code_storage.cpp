#include <faiss/impl/DistanceComputer.h>

#include "code_query.h"
#include "parallel.h"
#include "scan.h"

namespace quarry {
namespace {

class CodeDistances final : public faiss::DistanceComputer {
 public:
  explicit CodeDistances(const CodeStorage &storage) : storage(storage), query(storage.dimension()), other(storage.dimension()) {}

  void set_query(const float *x) override { query.set(x); }
  float operator()(idx_t i) override { return distance(query, i); }
  float symmetric_dis(idx_t i, idx_t j) override {
    other.set(storage, static_cast<std::size_t>(i));
    return distance(other, j);
  }

 private:
  float distance(const CodeQuery &left, idx_t i) const {
    const auto row = static_cast<std::int32_t>(i);
    std::int32_t product;
    float score;
    left.scores(storage, &row, 1, &score, &product);
    return -score;
  }

  const CodeStorage &storage;
  CodeQuery query, other;
};

}  // namespace

CodeStorage::CodeStorage(std::size_t dimension) : Index(static_cast<idx_t>(dimension), faiss::METRIC_INNER_PRODUCT), rows(dimension) {
  is_trained = true;
}

void CodeStorage::reserve(std::size_t count, std::size_t held) {
  rows.reserve(held);
  codes.reserve(count * dimension());
  scales.reserve(count);
  errors.reserve(count);
}

void CodeStorage::adopt(
    const float *newRows, const std::uint8_t *newCodes, const float *newScales, const float *newErrors, float newLongest, std::size_t count) {
  rows.borrow(newRows, count);
  codes.assign(newCodes, count * dimension());
  scales.assign(newScales, count);
  errors.assign(newErrors, count);
  longest = newLongest;
  ntotal = static_cast<idx_t>(count);
}

void CodeStorage::adopt(const float *newRows, std::size_t count) {
  rows.borrow(newRows, count);
  ntotal = static_cast<idx_t>(count);
}

void CodeStorage::add(idx_t n, const float *x) {
  const std::size_t before = count(), added = static_cast<std::size_t>(n), size = dimension();
  rows.add(x, added);
  codes.resize((before + added) * size);
  scales.resize(before + added);
  errors.resize(before + added);
  for (std::size_t i = 0; i < added; ++i) {
    const float *row = x + i * size;
    qk_code_quantise(codes.data() + (before + i) * size, &scales[before + i], &errors[before + i], row, size);
    float squares = 0;
    for (std::size_t k = 0; k < size; ++k) squares += row[k] * row[k];
    longest = std::max(longest, std::sqrt(squares) * (1 + static_cast<float>(size) * 1.2e-7f));
  }
  ntotal += n;
}

void CodeStorage::reset() {
  rows.clear();
  codes.resize(0);
  scales.resize(0);
  errors.resize(0);
  longest = 0;
  ntotal = 0;
}

void CodeStorage::reconstruct(idx_t key, float *row) const {
  const float *from = rows.row(static_cast<std::size_t>(key));
  std::copy(from, from + d, row);
}

void CodeStorage::search(idx_t n, const float *x, idx_t k, float *distances, idx_t *labels, const faiss::SearchParameters *) const {
  const std::size_t count = static_cast<std::size_t>(n), part = 64;
  inParallel((count + part - 1) / part, std::max(1u, std::thread::hardware_concurrency()), [&](std::size_t number, std::size_t) {
    for (auto i = static_cast<idx_t>(number * part); i < n && i < static_cast<idx_t>((number + 1) * part); ++i) {
      const std::vector<Hit> hits = scan(*this, x + i * d, static_cast<std::size_t>(k), Filter());
      for (idx_t place = 0; place < k; ++place) {
        const bool isFound = place < static_cast<idx_t>(hits.size());
        distances[i * k + place] = isFound ? hits[static_cast<std::size_t>(place)].score : -INFINITY;
        labels[i * k + place] = isFound ? hits[static_cast<std::size_t>(place)].position : -1;
      }
    }
  });
}

faiss::DistanceComputer *CodeStorage::get_distance_computer() const { return new CodeDistances(*this); }

}  // namespace quarry
