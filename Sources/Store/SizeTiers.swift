/// Which neighbours become one file, so that files stay few and what is in them is written a few times in all: as in a log-structured merge tree (O'Neil
/// et al. 1996), each is at least twice the size of the next one, where there is room for both in one file.
enum SizeTiers {
  /// - Parameters:
  ///   - sizes: Of files that follow each other.
  ///   - limit: The size that a file may have; one of them may be larger.
  /// - Returns: Ranges that follow each other and cover all of them: what is in one of more than one element becomes one.
  static func groups(of sizes: [Int], limit: Int) -> [Range<Int>] {
    var groups: [(range: Range<Int>, size: Int)] = []
    for (index, size) in sizes.enumerated() {
      groups.append((index..<index + 1, size))
      // The smaller one at the end joins its neighbour while that is not twice its size, and there is room for both.
      while groups.count > 1 {
        let (left, right) = (groups[groups.count - 2], groups[groups.count - 1])
        guard left.size < 2 * right.size, left.size + right.size <= limit else { break }
        groups.removeLast()
        groups[groups.count - 1] = (left.range.lowerBound..<right.range.upperBound, left.size + right.size)
      }
    }
    return groups.map(\.range)
  }
}
