package import Tokenizer

/// A set of tokens, as one bit each.
package struct TokenMask: Sendable, Equatable {
  private(set) var words: [UInt64]

  /// None of so many tokens.
  package init(vocabularySize: Int) { words = Array(repeating: 0, count: (vocabularySize + 63) / 64) }

  package mutating func insert(_ token: TokenID) { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }

  package mutating func remove(_ token: TokenID) { words[Int(token) >> 6] &= ~(1 << UInt64(token & 63)) }

  package func contains(_ token: TokenID) -> Bool {
    token >= 0 && Int(token) >> 6 < words.count && words[Int(token) >> 6] >> UInt64(token & 63) & 1 == 1
  }

  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
  package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
  var byteCount: Int { words.count * MemoryLayout<UInt64>.stride }

  /// The tokens below `limit`, in their order. A word without any costs one comparison.
  @inline(__always)
  func forEach(below limit: Int, _ body: (Int) -> Void) {
    for index in words.indices {
      var word = words[index]
      while word != 0 {
        let token = index << 6 | word.trailingZeroBitCount
        if token >= limit { return }
        body(token)
        word &= word - 1
      }
    }
  }
}
