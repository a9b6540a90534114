#include "lists.h"

#include <faiss/Clustering.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "code_query.h"
#include "failure.h"
#include "inner_product.h"

namespace quarry {
namespace {

/// Codes that are scored at a time.
const std::size_t blockSize = 256;

/// Lists that a search looks through at least, and one in how many of all. Measured on clustered vectors with 24 and 40: of the best 10 of 100,000
/// they hold .974, of 200,000 .992, but of the best 150 .86 and .94.
const std::size_t smallestProbeCount = 64, probeShare = 20;

/// The best of what it was shown.
class Best {
 public:
  explicit Best(std::size_t limit) : limit(limit) { hits.reserve(limit); }

  bool isFull() const { return hits.size() == limit; }

  void show(Hit hit) {
    if (isFull()) {
      if (!(hit < hits.front())) return;
      std::pop_heap(hits.begin(), hits.end());
      hits.back() = hit;
    } else {
      hits.push_back(hit);
    }
    std::push_heap(hits.begin(), hits.end());
  }

  std::vector<Hit> sorted() {
    std::sort(hits.begin(), hits.end());
    return std::move(hits);
  }

 private:
  std::size_t limit;
  /// A heap whose first is the worst.
  std::vector<Hit> hits;
};

/// All allowed rows, in full.
std::vector<Hit> compareAll(const Rows &rows, std::size_t dimension, const float *query, std::size_t limit, const Filter &filter) {
  const InnerProduct product = innerProduct();
  Best best(limit);
  for (std::size_t first = 0; first < rows.count(); first += 64) {
    for (std::uint64_t word = filter.word(first); word != 0; word &= word - 1) {
      const std::size_t row = first + static_cast<std::size_t>(__builtin_ctzll(word));
      if (row < rows.count()) best.show({product(query, rows.row(row), dimension), static_cast<std::int64_t>(row)});
    }
  }
  return best.sorted();
}

}  // namespace

std::unique_ptr<Lists> Lists::opened(const qf_parts &parts, std::size_t dimension) {
  std::unique_ptr<Lists> lists(new Lists(dimension));
  lists->starts.assign(parts.starts, parts.starts + parts.list_count + 1);
  const std::vector<std::int64_t> &starts = lists->starts;
  if (starts.front() != 0 || starts.back() != static_cast<std::int64_t>(parts.count) || !std::is_sorted(starts.begin(), starts.end()))
    throw std::invalid_argument("the lists do not fit");
  for (std::size_t i = 0; i < parts.count; ++i)
    if (parts.members[i] < 0 || static_cast<std::size_t>(parts.members[i]) >= parts.count) throw std::invalid_argument("a list's row is not there");
  for (std::size_t i = 0; i < parts.list_count * dimension; ++i)
    if (!std::isfinite(parts.centres[i])) throw std::invalid_argument("a centre is no vector");
  lists->centres.add(static_cast<faiss::Index::idx_t>(parts.list_count), parts.centres);
  lists->codes = parts.codes;
  lists->scales = parts.scales;
  lists->members = parts.members;
  return lists;
}

std::vector<Hit> Lists::search(
    const Rows &rows, const float *vector, std::size_t limit, std::size_t candidates, const Filter &filter, std::size_t allowed) const {
  const std::size_t dimension = centres.dimension(), listCount = starts.size() - 1;
  // A row in full is a page of the file.
  if (allowed <= 4 * candidates) return compareAll(rows, dimension, vector, limit, filter);

  CodeQuery query(dimension);
  query.set(vector);
  Best best(candidates);
  std::int32_t slots[blockSize], products[blockSize];
  float scores[blockSize];
  // The nearest centre is on top of the heap.
  std::vector<Hit> nearest;
  nearest.reserve(listCount);
  const auto isFarther = [](const Hit &a, const Hit &b) { return b < a; };
  for (std::size_t first = 0; first < listCount; first += blockSize) {
    const std::size_t some = std::min(blockSize, listCount - first);
    query.scores(centres, first, some, scores, products);
    for (std::size_t i = 0; i < some; ++i) nearest.push_back({scores[i], static_cast<std::int64_t>(first + i)});
  }
  std::make_heap(nearest.begin(), nearest.end(), isFarther);
  // Where a filter leaves a part of each list, so many more lists are looked through.
  const std::size_t probeCount = std::max(smallestProbeCount, listCount / probeShare) * rows.count() / allowed;
  for (std::size_t probed = 0; !nearest.empty() && (probed < probeCount || !best.isFull()); ++probed) {
    std::pop_heap(nearest.begin(), nearest.end(), isFarther);
    const auto list = static_cast<std::size_t>(nearest.back().position);
    nearest.pop_back();
    const auto end = static_cast<std::size_t>(starts[list + 1]);
    for (auto start = static_cast<std::size_t>(starts[list]); start < end; start += blockSize) {
      const std::size_t some = std::min(blockSize, end - start);
      if (filter.isAll()) {
        query.scores(codes + start * dimension, scales + start, some, scores, products);
        for (std::size_t i = 0; i < some; ++i) best.show({scores[i], members[start + i]});
        continue;
      }
      std::size_t found = 0;
      for (std::size_t i = 0; i < some; ++i) {
        slots[found] = static_cast<std::int32_t>(i);
        found += filter.allows(static_cast<std::size_t>(members[start + i])) ? 1 : 0;
      }
      query.scores(codes + start * dimension, scales + start, slots, found, scores, products);
      for (std::size_t i = 0; i < found; ++i) best.show({scores[i], members[start + static_cast<std::size_t>(slots[i])]});
    }
  }
  const InnerProduct product = innerProduct();
  std::vector<Hit> hits = best.sorted();
  for (Hit &hit : hits) hit.score = product(vector, rows.row(static_cast<std::size_t>(hit.position)), dimension);
  std::sort(hits.begin(), hits.end());
  hits.resize(std::min(limit, hits.size()));
  return hits;
}

}  // namespace quarry

qf_status qf_lists_train(
    const float *sample, size_t count, size_t dimension, size_t list_count, float *centres, char *message, size_t message_capacity) {
  return quarry::guarded(message, message_capacity, [&] {
    if (list_count == 0 || count < list_count) throw std::invalid_argument("a list needs a row of the sample at least");
    faiss::ClusteringParameters parameters;
    parameters.spherical = true;
    parameters.niter = 10;
    // No words on standard error; all of the sample counts.
    parameters.min_points_per_centroid = 1;
    parameters.max_points_per_centroid = static_cast<int>(count / list_count) + 1;
    faiss::Clustering clustering(static_cast<int>(dimension), static_cast<int>(list_count), parameters);
    quarry::CodeStorage storage(dimension);
    clustering.train(static_cast<faiss::Index::idx_t>(count), sample, storage);
    std::copy(clustering.centroids.begin(), clustering.centroids.end(), centres);
    return QF_OK;
  });
}

qf_status qf_lists_assign(
    const float *centres, size_t list_count, size_t dimension, const float *rows, size_t count, int32_t *lists, uint8_t *codes, float *scales,
    char *message, size_t message_capacity) {
  return quarry::guarded(message, message_capacity, [&] {
    quarry::CodeStorage storage(dimension);
    storage.add(static_cast<faiss::Index::idx_t>(list_count), centres);
    std::vector<float> scores(count);
    std::vector<faiss::Index::idx_t> nearest(count);
    storage.search(static_cast<faiss::Index::idx_t>(count), rows, 1, scores.data(), nearest.data());
    for (size_t i = 0; i < count; ++i) {
      float error;
      lists[i] = static_cast<int32_t>(nearest[i]);
      qk_code_quantise(codes + i * dimension, scales + i, &error, rows + i * dimension, dimension);
    }
    return QF_OK;
  });
}
