/// Byte strings in their order: what begins alike stands together, so that a beginning is a range, and one byte more a narrower one.
struct SortedNames: Sendable {
  let names: [[UInt8]]

  /// - Parameter names: In any order; each once in the result.
  init(_ names: some Sequence<[UInt8]>) {
    self.names = Set(names).sorted { $0.lexicographicallyPrecedes($1) }
  }

  var count: Int { names.count }

  /// The part of `range`, of names alike up to `depth`, that goes on with `byte`.
  func narrowed(_ range: Range<Int>, depth: Int, by byte: UInt8) -> Range<Int> {
    func first(_ isBefore: (Int) -> Bool) -> Int {
      var (low, high) = (range.lowerBound, range.upperBound)
      while low < high {
        let middle = (low + high) / 2
        if isBefore(middle) { low = middle + 1 } else { high = middle }
      }
      return low
    }
    // A name that ends here comes before those that go on.
    let start = first { names[$0].count <= depth || names[$0][depth] < byte }
    return start..<first { names[$0].count <= depth || names[$0][depth] <= byte }
  }

  func index(of name: [UInt8]) -> Int? {
    let range = name.enumerated().reduce(0..<count) { narrowed($0, depth: $1.offset, by: $1.element) }
    return range.isEmpty || names[range.lowerBound].count != name.count ? nil : range.lowerBound
  }
}
