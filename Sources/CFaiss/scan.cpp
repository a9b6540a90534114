#include "scan.h"

#include <algorithm>
#include <cmath>

#include "code_query.h"
#include "inner_product.h"
#include "parallel.h"

// The codes of a row x are x̂, those of the question q are q̂. Then
//
//   |q·x − q̂·x̂| = |(q − q̂)·x + q̂·(x − x̂)| ≤ ‖q − q̂‖ · ‖x‖ + ‖q̂‖ · ‖x − x̂‖            (Cauchy and Schwarz)
//
// so that every row has a least and a largest possible score. A row whose largest is below the `limit`-th best of all least ones is not among the
// best; of the others, a handful, the exact products are computed. Less than a thousandth of the rows are read in full.

namespace quarry {
namespace {

/// Rows that are scored before their scores are looked at.
const std::size_t blockSize = 256;

struct Candidate {
  float largest;
  std::int32_t row;
};

/// The `limit`-th largest of the numbers that it was shown.
class Threshold {
 public:
  explicit Threshold(std::size_t limit) : limit(limit) { best.reserve(limit); }

  float value = -INFINITY;

  void show(float score) {
    if (best.size() == limit) {
      if (score <= value) return;
      std::pop_heap(best.begin(), best.end(), std::greater<>());
      best.back() = score;
    } else {
      best.push_back(score);
    }
    std::push_heap(best.begin(), best.end(), std::greater<>());
    if (best.size() == limit) value = best.front();
  }

 private:
  std::size_t limit;
  std::vector<float> best;
};

/// The next rows that are allowed, at most `blockSize`, from `row` on, which goes on behind them.
std::size_t nextRows(const Filter &filter, std::size_t count, std::size_t &row, std::int32_t *rows) {
  std::size_t found = 0;
  while (row < count && found < blockSize) {
    const std::size_t first = row / 64 * 64;
    std::uint64_t word = filter.word(first) >> (row % 64) << (row % 64);
    while (word != 0 && found < blockSize) {
      const std::size_t next = first + static_cast<std::size_t>(__builtin_ctzll(word));
      if (next >= count) break;
      rows[found++] = static_cast<std::int32_t>(next);
      row = next + 1;
      word &= word - 1;
    }
    if (found < blockSize) row = first + 64;
  }
  return found;
}

}  // namespace

std::vector<Hit> scan(const CodeStorage &storage, const float *vector, std::size_t limit, const Filter &filter, std::size_t threads) {
  const std::size_t count = storage.count(), dimension = storage.dimension();
  CodeQuery query(dimension);
  query.set(vector);
  // What is lost to rounding in the exact product, in the codes' one and in the bounds.
  const float rounding = (query.length + query.error) * storage.longest * (static_cast<float>(dimension) * 1.2e-7f + 1e-6f);
  const float questionError = query.error * storage.longest + rounding;

  // Each thread has a part of the rows.
  const std::size_t partSize = ((count + threads - 1) / threads + 63) / 64 * 64;
  std::vector<std::vector<Candidate>> parts(threads);
  std::vector<float> thresholds(threads, -INFINITY);
  inParallel(threads, threads, [&](std::size_t part, std::size_t) {
    Threshold threshold(limit);
    std::int32_t rows[blockSize], products[blockSize];
    float scores[blockSize];
    std::size_t row = part * partSize;
    const std::size_t end = std::min(count, row + partSize);
    while (row < end) {
      std::size_t some, first = row;
      if (filter.isAll()) {
        some = std::min(blockSize, end - row);
        row += some;
        query.scores(storage, first, some, scores, products);
      } else {
        some = nextRows(filter, end, row, rows);
        for (std::size_t i = 0; i < some; ++i) {
          __builtin_prefetch(&storage.scales[static_cast<std::size_t>(rows[i])]);
          __builtin_prefetch(&storage.errors[static_cast<std::size_t>(rows[i])]);
        }
        query.scores(storage, rows, some, scores, products);
      }
      for (std::size_t i = 0; i < some; ++i) {
        const std::size_t place = filter.isAll() ? first + i : static_cast<std::size_t>(rows[i]);
        const float error = questionError + query.length * storage.errors[place];
        // Numbers so large that bounds are infinite prove nothing: then every row is a candidate.
        if (!(scores[i] + error >= threshold.value) && std::isfinite(error)) continue;
        parts[part].push_back({scores[i] + error, static_cast<std::int32_t>(place)});
        if (std::isfinite(error)) threshold.show(scores[i] - error);
      }
    }
    thresholds[part] = threshold.value;
  });
  // `limit` rows of a part alone reach its threshold, so `limit` of all do.
  const float threshold = *std::max_element(thresholds.begin(), thresholds.end());
  std::vector<Candidate> candidates;
  for (const std::vector<Candidate> &part : parts) candidates.insert(candidates.end(), part.begin(), part.end());

  const InnerProduct product = innerProduct();
  std::vector<Hit> hits;
  const auto isPossible = [&](const Candidate &candidate) { return !(candidate.largest < threshold); };
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    // Rows are a page or so apart: the next ones are asked for while this one is computed.
    for (std::size_t next = i + 1; next < candidates.size() && next < i + 3; ++next) {
      if (!isPossible(candidates[next])) continue;
      const float *row = storage.rows.row(static_cast<std::size_t>(candidates[next].row));
      for (std::size_t k = 0; k < dimension; k += 16) __builtin_prefetch(row + k);
    }
    if (!isPossible(candidates[i])) continue;
    hits.push_back({product(vector, storage.rows.row(static_cast<std::size_t>(candidates[i].row)), dimension), candidates[i].row});
  }
  limit = std::min(limit, hits.size());
  std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(limit), hits.end());
  hits.resize(limit);
  return hits;
}

}  // namespace quarry
