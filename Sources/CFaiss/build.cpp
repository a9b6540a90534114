#include <algorithm>
#include <cmath>

#include "graph.h"
#include "parallel.h"

// Rows are linked in batches. Each row of a batch looks for its neighbours in the graph as it was before the batch (by a walk) and in the batch
// (by comparing with all of it), on its own, so that threads need no locks and the result does not depend on them. Then the links back are made,
// target by target. FAISS's own insertion, row by row under locks, is four times slower and gives another graph with every run
// (its issue 5129: at times a bad one).

namespace quarry {
namespace {

/// Rows of a batch: as many as one in eight of those that are linked, within these.
const std::size_t smallestBatch = 256, largestBatch = 1024;

/// A number from a row's position that looks drawn at random (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
std::uint64_t mixed(std::uint64_t position) {
  std::uint64_t z = (position + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// The top level of a row: geometrically distributed, one of `links` rows reaches each next level, up to `highest`.
int levelOf(std::size_t position, std::size_t links, int highest) {
  const double uniform = (static_cast<double>(mixed(position) >> 11) + 0.5) / 9007199254740992.0;
  return std::min(static_cast<int>(-std::log(uniform) / std::log(static_cast<double>(links))), highest);
}

/// Chooses links of a row among candidates (best first): one that is nearer to a chosen one than to the row can be reached through that
/// (algorithm 4 of the paper).
void choose(const Graph &graph, Walk &walk, const std::vector<Near> &candidates, std::size_t limit, std::vector<Near> &chosen) {
  chosen.clear();
  std::int32_t rows[64], products[64];
  float scores[64];
  for (const Near &candidate : candidates) {
    if (chosen.size() == limit) return;
    walk.query.set(graph.storage, static_cast<std::size_t>(candidate.row));
    bool isGood = true;
    for (std::size_t first = 0; first < chosen.size() && isGood; first += 8) {
      const std::size_t some = std::min<std::size_t>(8, chosen.size() - first);
      for (std::size_t i = 0; i < some; ++i) rows[i] = chosen[first + i].row;
      walk.query.scores(graph.storage, rows, some, scores, products);
      for (std::size_t i = 0; i < some; ++i) isGood = isGood && scores[i] <= candidate.score;
    }
    if (isGood) chosen.push_back(candidate);
  }
}

/// A link back, that is to be made.
struct Back {
  std::int32_t target;
  int level;
  std::int32_t source;
  float score;

  bool operator<(const Back &other) const {
    if (target != other.target) return target < other.target;
    if (level != other.level) return level < other.level;
    return source < other.source;
  }
  bool isWith(const Back &other) const { return target == other.target && level == other.level; }
};

/// Makes links back to one target on one level.
void link(Graph &graph, Walk &walk, const Back *backs, std::size_t count, std::vector<Near> &candidates, std::vector<Near> &chosen) {
  const int level = backs->level;
  const std::int32_t target = backs->target;
  const std::size_t limit = graph.linkLimit(level);
  std::int32_t *links = graph.links(target, level);
  std::size_t known = 0;
  while (known < limit && links[known] >= 0) ++known;
  const auto isKnown = [&](std::int32_t row) { return std::find(links, links + known, row) != links + known; };
  std::size_t place = 0;
  for (; place < count; ++place) {
    if (isKnown(backs[place].source)) continue;
    if (known == limit) break;
    links[known++] = backs[place].source;
  }
  if (place == count) return;

  candidates.clear();
  for (; place < count; ++place)
    if (!isKnown(backs[place].source)) candidates.push_back({backs[place].score, backs[place].source});
  walk.scores.resize(known);
  walk.products.resize(known);
  walk.query.set(graph.storage, static_cast<std::size_t>(target));
  walk.query.scores(graph.storage, links, known, walk.scores.data(), walk.products.data());
  for (std::size_t i = 0; i < known; ++i) candidates.push_back({walk.scores[i], links[i]});
  std::sort(candidates.begin(), candidates.end());
  choose(graph, walk, candidates, limit, chosen);
  for (std::size_t i = 0; i < limit; ++i) links[i] = i < chosen.size() ? chosen[i].row : -1;
}

}  // namespace

Graph::Graph(CodeStorage &storage, std::size_t links, std::size_t constructionCandidates) : storage(storage), faiss(&storage, static_cast<int>(links)) {
  faiss.own_fields = false;
  faiss.ntotal = 0;
  faiss.hnsw.efConstruction = static_cast<int>(constructionCandidates);
}

void Graph::reserve(std::size_t count) {
  faiss::HNSW &hnsw = faiss.hnsw;
  hnsw.levels.reserve(count);
  hnsw.offsets.reserve(count + 1);
  // Few rows are on the levels above the lowest: these take links / (links - 1) numbers a row on average.
  hnsw.neighbors.reserve(count * (static_cast<std::size_t>(hnsw.nb_neighbors(0)) + 2));
}

void Graph::extend(std::size_t threads) {
  faiss::HNSW &hnsw = faiss.hnsw;
  const std::size_t first = count(), end = storage.count();
  if (first == end) return;
  threads = std::max<std::size_t>(threads, 1);
  const auto perLevel = static_cast<std::size_t>(hnsw.nb_neighbors(1));
  const int levels = static_cast<int>(hnsw.cum_nneighbor_per_level.size()) - 1;
  for (std::size_t row = first; row < end; ++row) hnsw.levels.push_back(levelOf(row, perLevel, levels - 1) + 1);
  hnsw.prepare_level_tab(end - first, true);

  std::vector<std::unique_ptr<Walk>> walks;
  for (std::size_t thread = 0; thread < threads; ++thread) walks.push_back(std::make_unique<Walk>(storage.dimension()));
  std::vector<std::vector<Near>> candidates(threads), chosen(threads);
  std::vector<std::vector<Back>> backsOfRow(largestBatch);
  std::vector<Back> backs;
  std::vector<std::size_t> starts;

  for (std::size_t start = first, size; start < end; start += size) {
    size = std::min(end - start, std::clamp(start / 8, smallestBatch, largestBatch));
    const int highest = start == 0 ? -1 : hnsw.max_level;

    inParallel(size, threads, [&](std::size_t place, std::size_t thread) {
      Walk &walk = *walks[thread];
      const std::size_t row = start + place;
      const int top = hnsw.levels[row] - 1;
      std::vector<Back> &made = backsOfRow[place];
      made.clear();
      walk.query.set(storage, row);
      float inBatch[largestBatch];
      std::int32_t products[largestBatch];
      walk.query.scores(storage, start, size, inBatch, products);
      Near from{};
      if (highest >= 0) from = descend(walk, std::min(top, highest));
      for (int level = top; level >= 0; --level) {
        const auto wanted = static_cast<std::size_t>(hnsw.efConstruction);
        if (level <= highest) {
          walk.query.set(storage, row);
          spread(walk, from, level, wanted, Patience());
          from = walk.pool.rows().front();
        } else {
          walk.pool.reset(wanted);
        }
        for (std::size_t other = 0; other < size; ++other)
          if (other != place && hnsw.levels[start + other] > level && walk.pool.wouldTake(inBatch[other]))
            walk.pool.insert({inBatch[other], static_cast<std::int32_t>(start + other)});
        candidates[thread] = walk.pool.rows();
        choose(*this, walk, candidates[thread], linkLimit(level), chosen[thread]);
        std::int32_t *own = links(static_cast<std::int32_t>(row), level);
        for (std::size_t i = 0; i < chosen[thread].size(); ++i) {
          own[i] = chosen[thread][i].row;
          made.push_back({own[i], level, static_cast<std::int32_t>(row), chosen[thread][i].score});
        }
      }
    });

    backs.clear();
    for (std::size_t place = 0; place < size; ++place) backs.insert(backs.end(), backsOfRow[place].begin(), backsOfRow[place].end());
    std::sort(backs.begin(), backs.end());
    starts.clear();
    for (std::size_t i = 0; i < backs.size(); ++i)
      if (i == 0 || !backs[i].isWith(backs[i - 1])) starts.push_back(i);
    starts.push_back(backs.size());
    // A target's levels lie beside each other, but are different memory.
    const std::size_t groups = starts.size() - 1, share = 64;
    inParallel((groups + share - 1) / share, threads, [&](std::size_t part, std::size_t thread) {
      for (std::size_t group = part * share; group < std::min(groups, (part + 1) * share); ++group)
        link(*this, *walks[thread], backs.data() + starts[group], starts[group + 1] - starts[group], candidates[thread], chosen[thread]);
    });

    for (std::size_t row = start; row < start + size; ++row) {
      const int top = hnsw.levels[row] - 1;
      if (hnsw.entry_point >= 0 && top <= hnsw.max_level) continue;
      hnsw.max_level = top;
      hnsw.entry_point = static_cast<std::int32_t>(row);
    }
    faiss.ntotal = static_cast<faiss::Index::idx_t>(start + size);
  }
}

}  // namespace quarry
