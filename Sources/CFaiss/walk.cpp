#include <algorithm>
#include <cmath>
#include <limits>

#include "graph.h"
#include "inner_product.h"

namespace quarry {

/// No place among the best.
static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

std::size_t Pool::insert(Near near) {
  const auto place = std::lower_bound(best.begin(), best.end(), near) - best.begin();
  if (best.size() == limit) {
    if (static_cast<std::size_t>(place) == limit) return limit;
    best.pop_back();
    isDone.pop_back();
  }
  best.insert(best.begin() + place, near);
  isDone.insert(isDone.begin() + place, 0);
  next = std::min(next, static_cast<std::size_t>(place));
  return static_cast<std::size_t>(place);
}

/// Scores the rows that the walk has gathered, and keeps the good ones.
std::size_t Graph::consider(Walk &walk, Pool &pool) const {
  const std::size_t count = walk.rows.size();
  walk.scores.resize(count);
  walk.products.resize(count);
  walk.query.scores(storage, walk.rows.data(), count, walk.scores.data(), walk.products.data());
  std::size_t changed = none;
  for (std::size_t i = 0; i < count; ++i)
    if (pool.wouldTake(walk.scores[i])) changed = std::min(changed, pool.insert({walk.scores[i], walk.rows[i]}));
  return changed;
}

Near Graph::descend(Walk &walk, int level) const {
  Near best{0, faiss.hnsw.entry_point};
  walk.scores.resize(1);
  walk.products.resize(1);
  walk.query.scores(storage, &best.row, 1, &best.score, walk.products.data());
  for (int above = faiss.hnsw.max_level; above > level; --above) {
    for (bool isBetter = true; isBetter;) {
      isBetter = false;
      const std::int32_t *neighbours = links(best.row, above);
      std::size_t count = 0;
      while (count < linkLimit(above) && neighbours[count] >= 0) ++count;
      walk.scores.resize(count);
      walk.products.resize(count);
      walk.query.scores(storage, neighbours, count, walk.scores.data(), walk.products.data());
      for (std::size_t i = 0; i < count; ++i) {
        const Near near{walk.scores[i], neighbours[i]};
        if (!(near < best)) continue;
        best = near;
        isBetter = true;
      }
    }
  }
  return best;
}

/// Asks for the links of the row that is looked at after this one.
void Graph::prefetchNext(const Pool &pool, int level) const {
  const std::int32_t after = pool.peek();
  if (after < 0) return;
  const std::int32_t *its = links(after, level);
  for (std::size_t i = 0; i < linkLimit(level); i += 16) __builtin_prefetch(its + i);
}

void Graph::spread(Walk &walk, Near start, int level, std::size_t candidates, Patience patience) const {
  const std::size_t limit = linkLimit(level);
  walk.forget(count());
  walk.pool.reset(candidates);
  walk.visit(start.row);
  walk.pool.insert(start);
  for (std::int32_t row; (row = walk.pool.takeNext()) >= 0;) {
    const std::int32_t *neighbours = links(row, level);
    prefetchNext(walk.pool, level);
    walk.rows.clear();
    for (std::size_t i = 0; i < limit && neighbours[i] >= 0; ++i)
      if (walk.visit(neighbours[i])) walk.rows.push_back(neighbours[i]);
    const std::size_t changed = consider(walk, walk.pool);
    if (patience.ends(changed, walk.pool.rows().size())) break;
  }
}

/// Through all rows, keeping the allowed ones: where most are.
void Graph::spreadThrough(Walk &walk, Near start, std::size_t candidates, const Filter &filter, Patience patience) const {
  walk.kept.reset(candidates);
  const std::size_t limit = linkLimit(0);
  walk.forget(count());
  walk.visit(start.row);
  walk.pool.insert(start);
  if (filter.allows(static_cast<std::size_t>(start.row))) walk.kept.insert(start);
  for (std::int32_t row; (row = walk.pool.takeNext()) >= 0;) {
    const std::int32_t *neighbours = links(row, 0);
    prefetchNext(walk.pool, 0);
    walk.rows.clear();
    for (std::size_t i = 0; i < limit && neighbours[i] >= 0; ++i)
      if (walk.visit(neighbours[i])) walk.rows.push_back(neighbours[i]);
    consider(walk, walk.pool);
    std::size_t changed = none;
    for (std::size_t i = 0; i < walk.rows.size(); ++i)
      if (walk.kept.wouldTake(walk.scores[i]) && filter.allows(static_cast<std::size_t>(walk.rows[i])))
        changed = std::min(changed, walk.kept.insert({walk.scores[i], walk.rows[i]}));
    if (patience.ends(changed, walk.kept.rows().size())) break;
  }
}

/// Begins at allowed rows from all over the index too: near the question there may be none, and those that are may lie together.
void Graph::scatter(Walk &walk, const Filter &filter) const {
  const std::size_t words = (count() + 63) / 64;
  walk.rows.clear();
  for (std::size_t part = 0; part < scatteredCount; ++part) {
    const std::size_t end = (part + 1) * words / scatteredCount;
    for (std::size_t word = part * words / scatteredCount; word < end; ++word) {
      const std::uint64_t bits = filter.word(word * 64);
      if (bits == 0) continue;
      const std::size_t row = word * 64 + static_cast<std::size_t>(__builtin_ctzll(bits));
      if (row < count() && walk.visit(static_cast<std::int32_t>(row))) walk.rows.push_back(static_cast<std::int32_t>(row));
      break;
    }
  }
  consider(walk, walk.pool);
}

/// Only through allowed rows, with the neighbours of forbidden neighbours as neighbours (Patel, Kraft, Guestrin and Zaharia, "ACORN", SIGMOD 2024):
/// where few are.
void Graph::spreadAmong(Walk &walk, Near start, std::size_t candidates, const Filter &filter, Patience patience) const {
  const std::size_t limit = linkLimit(0);
  walk.forget(count());
  walk.pool.reset(candidates);
  walk.visit(start.row);
  walk.pool.insert(start);
  scatter(walk, filter);
  for (std::int32_t row; (row = walk.pool.takeNext()) >= 0;) {
    const std::int32_t *neighbours = links(row, 0);
    walk.rows.clear();
    for (std::size_t i = 0; i < limit && neighbours[i] >= 0; ++i) {
      const std::int32_t *its = links(neighbours[i], 0);
      for (std::size_t k = 0; k < limit; k += 16) __builtin_prefetch(its + k);
    }
    for (std::size_t i = 0; i < limit && neighbours[i] >= 0 && walk.rows.size() < 2 * limit; ++i) {
      const std::int32_t neighbour = neighbours[i];
      if (!walk.visit(neighbour)) continue;
      if (filter.allows(static_cast<std::size_t>(neighbour))) {
        walk.rows.push_back(neighbour);
        continue;
      }
      const std::int32_t *its = links(neighbour, 0);
      for (std::size_t k = 0; k < limit && its[k] >= 0; ++k)
        if (filter.allows(static_cast<std::size_t>(its[k])) && walk.visit(its[k])) walk.rows.push_back(its[k]);
    }
    const std::size_t changed = consider(walk, walk.pool);
    if (patience.ends(changed, walk.pool.rows().size())) break;
  }
}

std::vector<Hit> Graph::search(const float *vector, std::size_t limit, std::size_t candidates, const Filter &filter, double share) const {
  std::unique_ptr<Walk> walk = takeWalk();
  walk->query.set(vector);
  const Near start = descend(*walk, 0);
  const std::vector<Near> *found = &walk->pool.rows();
  // Where nearly as many are wanted as are looked at, a walk has not settled before its end.
  const std::size_t settled = limit + settledMargin;
  const Patience patience = candidates >= 2 * settled ? Patience(settled, count()) : Patience();
  if (filter.isAll()) {
    spread(*walk, start, 0, candidates, patience);
  } else if (share >= throughShare) {
    walk->pool.reset(static_cast<std::size_t>(static_cast<double>(candidates) / std::sqrt(share)));
    spreadThrough(*walk, start, candidates, filter, patience);
    found = &walk->kept.rows();
  } else {
    spreadAmong(*walk, start, candidates + candidates / 4, filter, patience);
  }

  // The codes put rows in nearly the right order: a few more than are asked for are enough to choose from.
  const std::size_t dimension = storage.dimension(), tried = std::min(found->size(), limit + limit / 2 + 16);
  const InnerProduct product = innerProduct();
  std::vector<Hit> hits;
  hits.reserve(tried);
  for (std::size_t i = 0; i < tried; ++i) {
    for (std::size_t next = i == 0 ? 1 : i + 3; next < tried && next < i + 4; ++next) {
      const float *row = storage.rows.row(static_cast<std::size_t>((*found)[next].row));
      for (std::size_t k = 0; k < dimension; k += 16) __builtin_prefetch(row + k);
    }
    const auto row = static_cast<std::size_t>((*found)[i].row);
    if (filter.allows(row)) hits.push_back({product(vector, storage.rows.row(row), dimension), (*found)[i].row});
  }
  giveBack(std::move(walk));
  std::sort(hits.begin(), hits.end());
  if (hits.size() > limit) hits.resize(limit);
  return hits;
}

std::unique_ptr<Walk> Graph::takeWalk() const {
  {
    const std::lock_guard<std::mutex> guard(lock);
    if (!walks.empty()) {
      std::unique_ptr<Walk> walk = std::move(walks.back());
      walks.pop_back();
      return walk;
    }
  }
  return std::make_unique<Walk>(storage.dimension());
}

void Graph::giveBack(std::unique_ptr<Walk> walk) const {
  const std::lock_guard<std::mutex> guard(lock);
  walks.push_back(std::move(walk));
}

}  // namespace quarry
