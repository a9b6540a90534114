/// Which words of one text are which of another, in the order of both: patience diff (Bram Cohen) on words that stand for numbers.
///
/// Words that both have once are the posts; what lies between two posts is compared in the same way, and at last as a longest common subsequence.
enum WordAlignment {
  /// The same stretch of both texts, or what may be.
  private struct Gap {
    var new: Range<Int>
    var old: Range<Int>
    let depth: Int
  }

  /// Words of both texts in a gap, multiplied, that are still compared each with each.
  private static let productLimit = 1 << 16
  /// Gaps inside each other; texts that are made to have many would take time that grows with the square of their length.
  private static let depthLimit = 24

  /// - Returns: For every word of `new` its place in `old`, rising; `nil` for those that have none.
  static func places(of new: [Int], in old: [Int]) -> [Int?] {
    var places = [Int?](repeating: nil, count: new.count)
    var gaps = [Gap(new: new.indices, old: old.indices, depth: 0)]
    while var gap = gaps.popLast() {
      while let first = gap.new.first, let other = gap.old.first, new[first] == old[other] {
        places[first] = other
        gap.new.removeFirst()
        gap.old.removeFirst()
      }
      while let last = gap.new.last, let other = gap.old.last, new[last] == old[other] {
        places[last] = other
        gap.new.removeLast()
        gap.old.removeLast()
      }
      guard !gap.new.isEmpty, !gap.old.isEmpty, gap.depth < depthLimit else { continue }
      let posts = posts(in: gap, new, old)
      guard !posts.isEmpty else {
        for (place, other) in commonSubsequence(of: gap, new, old) { places[place] = other }
        continue
      }
      var start = (new: gap.new.lowerBound, old: gap.old.lowerBound)
      for post in posts {
        places[post.new] = post.old
        gaps.append(Gap(new: start.new..<post.new, old: start.old..<post.old, depth: gap.depth + 1))
        start = (post.new + 1, post.old + 1)
      }
      gaps.append(Gap(new: start.new..<gap.new.upperBound, old: start.old..<gap.old.upperBound, depth: gap.depth + 1))
    }
    return places
  }

  /// Words, or pairs of words, that stand once on either side, as many as keep the order of both.
  private static func posts(in gap: Gap, _ new: [Int], _ old: [Int]) -> [(new: Int, old: Int)] {
    for length in 1...2 {
      func key(_ text: [Int], _ place: Int) -> SIMD2<Int> { SIMD2(text[place], length == 1 ? -1 : text[place + 1]) }
      var known: [SIMD2<Int>: (count: Int, place: Int)] = [:]
      for place in gap.old.dropLast(length - 1) { known[key(old, place), default: (0, place)].count += 1 }
      var found: [SIMD2<Int>: (count: Int, place: Int)] = [:]
      for place in gap.new.dropLast(length - 1) where known[key(new, place)]?.count == 1 { found[key(new, place), default: (0, place)].count += 1 }
      let pairs = found.compactMap { key, word in word.count == 1 ? known[key].map { (new: word.place, old: $0.place) } : nil }
      if !pairs.isEmpty { return longestRising(pairs.sorted { $0.new < $1.new }) }
    }
    return []
  }

  /// The longest of the sequences in which the second places rise as the first ones do (patience sorting).
  private static func longestRising(_ pairs: [(new: Int, old: Int)]) -> [(new: Int, old: Int)] {
    /// The last pair of the best sequence of every length, and of each pair the one before it.
    var ends: [Int] = []
    var before = [Int?](repeating: nil, count: pairs.count)
    for index in pairs.indices {
      var (low, high) = (0, ends.count)
      while low < high {
        let middle = (low + high) / 2
        if pairs[ends[middle]].old < pairs[index].old { low = middle + 1 } else { high = middle }
      }
      if low > 0 { before[index] = ends[low - 1] }
      if low < ends.count { ends[low] = index } else { ends.append(index) }
    }
    var result: [(new: Int, old: Int)] = []
    var next = ends.last
    while let index = next {
      result.append(pairs[index])
      next = before[index]
    }
    return result.reversed()
  }

  private static func commonSubsequence(of gap: Gap, _ new: [Int], _ old: [Int]) -> [(Int, Int)] {
    guard gap.new.count * gap.old.count <= productLimit else { return [] }
    let width = gap.old.count + 1
    // The length for what is left of both from a place on.
    var lengths = [UInt32](repeating: 0, count: (gap.new.count + 1) * width)
    for row in (0..<gap.new.count).reversed() {
      for column in (0..<gap.old.count).reversed() {
        let place = row * width + column
        lengths[place] =
          new[gap.new.lowerBound + row] == old[gap.old.lowerBound + column]
          ? lengths[place + width + 1] + 1 : max(lengths[place + width], lengths[place + 1])
      }
    }
    var result: [(Int, Int)] = []
    var (row, column) = (0, 0)
    while row < gap.new.count, column < gap.old.count {
      let place = row * width + column
      if new[gap.new.lowerBound + row] == old[gap.old.lowerBound + column] {
        result.append((gap.new.lowerBound + row, gap.old.lowerBound + column))
        (row, column) = (row + 1, column + 1)
      } else if lengths[place + width] >= lengths[place + 1] {
        row += 1
      } else {
        column += 1
      }
    }
    return result
  }
}
