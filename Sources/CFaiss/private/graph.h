// FAISS's graph over our storage, and what a walk through it needs.

#pragma once

#include <faiss/IndexHNSW.h>

#include <memory>
#include <mutex>
#include <vector>

#include "code_query.h"
#include "filter.h"
#include "hit.h"

namespace quarry {

/// A row on the way to the best ones, by its approximate score.
struct Near {
  float score;
  std::int32_t row;

  /// Better ones come first; of equal scores the smaller row, so that every walk has one order.
  bool operator<(const Near &other) const { return isLarger(score, other.score) || (!isLarger(other.score, score) && row < other.row); }
};

/// The best rows that a walk has seen, in order, and which of them it has gone on from.
class Pool {
 public:
  void reset(std::size_t newLimit) {
    limit = newLimit;
    next = 0;
    best.clear();
    best.reserve(limit + 1);
    isDone.clear();
    isDone.reserve(limit + 1);
  }

  bool wouldTake(float score) const { return best.size() < limit || score >= best.back().score; }

  /// Returns the place that it takes; `limit` if it takes none.
  std::size_t insert(Near near);

  /// The best row that the walk has not gone on from, or -1.
  std::int32_t takeNext() {
    while (next < best.size() && isDone[next]) ++next;
    if (next == best.size()) return -1;
    isDone[next] = 1;
    return best[next].row;
  }
  /// The row that is probably taken after that.
  std::int32_t peek() const {
    for (std::size_t i = next; i < best.size(); ++i)
      if (!isDone[i]) return best[i].row;
    return -1;
  }

  const std::vector<Near> &rows() const { return best; }

 private:
  std::size_t limit = 0, next = 0;
  std::vector<Near> best;
  std::vector<char> isDone;
};

/// When a walk has found what it will find: as soon as the best rows have stayed the same while it went on from many others. Most walks are there long
/// before they have gone on from all their candidates (Teofili and Lin, "Patience in Proximity", ECIR 2025).
class Patience {
 public:
  /// Without an end before the candidates'.
  Patience() = default;
  /// - settled: Rows that have to stay the same.
  /// - count: Of all rows. Of 100,000 clustered vectors 20 steps find .993 of the best ten by 580 comparisons; all of 72 candidates take 1,030 for .992.
  ///   Of a million 20 find .974, 40 and 60 as many (.987) as all of 128 candidates; where a tenth is allowed 60 find .998.
  Patience(std::size_t settled, std::size_t count) : settled(settled), steps(count > 200'000 ? 60 : 20) {}

  /// Notes the first place among the best that a step has changed; whether to end.
  bool ends(std::size_t changed, std::size_t found) {
    idle = changed < settled ? 0 : idle + 1;
    return settled > 0 && idle >= steps && found >= settled;
  }

 private:
  std::size_t settled = 0, steps = 0, idle = 0;
};

/// Memory of one walk, used again by the next.
struct Walk {
  Pool pool, kept;
  CodeQuery query;
  std::vector<std::int32_t> rows, products;
  std::vector<float> scores;

  explicit Walk(std::size_t dimension) : query(dimension) {}

  /// Notes that a row was seen; false if it had been.
  bool visit(std::int32_t row) {
    std::uint64_t &word = seen[static_cast<std::size_t>(row) / 64];
    const std::uint64_t bit = std::uint64_t(1) << (row % 64);
    if (word & bit) return false;
    if (word == 0) touched.push_back(row / 64);
    word |= bit;
    return true;
  }

  /// Forgets what was seen; there are `count` rows.
  void forget(std::size_t count) {
    for (const std::int32_t word : touched) seen[static_cast<std::size_t>(word)] = 0;
    touched.clear();
    if (seen.size() < (count + 63) / 64) seen.resize((count + 63) / 64);
  }

 private:
  std::vector<std::uint64_t> seen;
  std::vector<std::int32_t> touched;
};

/// A graph of neighbours: FAISS's structure (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical
/// navigable small world graphs", 2016), walked and built by codes.
class Graph {
 public:
  CodeStorage &storage;
  faiss::IndexHNSW faiss;

  Graph(CodeStorage &storage, std::size_t links, std::size_t constructionCandidates);

  /// Makes room for the links of `count` rows in all.
  void reserve(std::size_t count);

  /// Links the rows of the storage that are not in the graph yet. The graph depends on the rows and their order alone, not on `threads`.
  void extend(std::size_t threads);

  /// The best rows as far as a walk with `candidates` (at least `limit`) finds them, with exact scores, best first; fewer than `limit` if the walk finds
  /// no more.
  ///
  /// `share` of the rows are allowed, about.
  std::vector<Hit> search(const float *query, std::size_t limit, std::size_t candidates, const Filter &filter, double share) const;

  std::size_t count() const { return static_cast<std::size_t>(faiss.ntotal); }
  int level(std::int32_t row) const { return faiss.hnsw.levels[static_cast<std::size_t>(row)] - 1; }
  std::size_t linkLimit(int level) const { return static_cast<std::size_t>(faiss.hnsw.cum_nneighbor_per_level[static_cast<std::size_t>(level) + 1] - faiss.hnsw.cum_nneighbor_per_level[static_cast<std::size_t>(level)]); }
  std::int32_t *links(std::int32_t row, int level) {
    return faiss.hnsw.neighbors.data() + faiss.hnsw.offsets[static_cast<std::size_t>(row)] + static_cast<std::size_t>(faiss.hnsw.cum_nneighbor_per_level[static_cast<std::size_t>(level)]);
  }
  const std::int32_t *links(std::int32_t row, int level) const { return const_cast<Graph *>(this)->links(row, level); }

  /// From the entry down to `level`, always to the best neighbour; the nearest row there.
  Near descend(Walk &walk, int level) const;
  /// The best rows near `start` on a level, in the walk's pool.
  void prefetchNext(const Pool &pool, int level) const;
  void spread(Walk &walk, Near start, int level, std::size_t candidates, Patience patience) const;

 private:
  void spreadAmong(Walk &walk, Near start, std::size_t candidates, const Filter &filter, Patience patience) const;
  void spreadThrough(Walk &walk, Near start, std::size_t candidates, const Filter &filter, Patience patience) const;
  void scatter(Walk &walk, const Filter &filter) const;
  /// Returns the first place in the pool that has changed.
  std::size_t consider(Walk &walk, Pool &pool) const;

  /// From this share of allowed rows on the walk goes through all.
  static constexpr double throughShare = 0.15;
  static constexpr std::size_t scatteredCount = 64;
  /// Rows behind the best ones that have to stay the same as well: the codes put rows in nearly the right order.
  static constexpr std::size_t settledMargin = 14;

  std::unique_ptr<Walk> takeWalk() const;
  void giveBack(std::unique_ptr<Walk> walk) const;
  mutable std::mutex lock;
  mutable std::vector<std::unique_ptr<Walk>> walks;
};

}  // namespace quarry
