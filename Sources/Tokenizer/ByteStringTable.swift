/// A hash table from byte strings to token numbers that can be asked for every prefix of a text in one pass.
///
/// Open addressing over a hash of which that of a prefix is a step of that of the whole.
struct ByteStringTable: Sendable {
  private var slots: [Int32]
  private var starts: [Int32] = [0]
  private var storage: [UInt8] = []
  private var values: [TokenID] = []
  private let mask: Int
  /// Length of the longest key: no prefix longer than this needs a look.
  private(set) var longestKeyByteCount = 0

  /// - Parameter capacity: Keys at most.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
    mask = size - 1
    values.reserveCapacity(capacity)
  }

  /// Another one in every process: nobody can choose keys beforehand that fall on each other.
  static let emptyHash = UInt64.random(in: .min ... .max)

  /// FNV-1a's step with the golden ratio for its prime, and the upper half folded into the lower one: without that only the lowest eight bits of the
  /// start decide which keys fall on each other, and one vocabulary in 256 processes would.
  @inline(__always)
  static func extend(_ hash: UInt64, by byte: UInt8) -> UInt64 {
    let product = (hash ^ UInt64(byte)) &* 0x9e37_79b9_7f4a_7c15
    return product ^ (product >> 32)
  }

  /// Adds a key; the first of two equal ones stays.
  mutating func insert(_ key: some Collection<UInt8>, _ value: TokenID) {
    precondition(values.count * 2 < slots.count, "more keys than the table was made for")
    let hash = key.reduce(Self.emptyHash) { Self.extend($0, by: $1) }
    var slot = index(of: hash)
    while slots[slot] >= 0 {
      if storedKey(Int(slots[slot])).elementsEqual(key) { return }
      slot = (slot + 1) & mask
    }
    slots[slot] = Int32(values.count)
    values.append(value)
    storage += key
    starts.append(Int32(storage.count))
    longestKeyByteCount = max(longestKeyByteCount, key.count)
  }

  /// The value of the key `bytes[range]`, whose hash is known.
  func value(of bytes: [UInt8], _ range: Range<Int>, hash: UInt64) -> TokenID? {
    var slot = index(of: hash)
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      let start = Int(starts[entry])
      if Int(starts[entry + 1]) - start == range.count {
        var equal = true
        for offset in 0..<range.count where storage[start + offset] != bytes[range.lowerBound + offset] {
          equal = false
          break
        }
        if equal { return values[entry] }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  func value(of bytes: [UInt8], _ range: Range<Int>) -> TokenID? {
    value(of: bytes, range, hash: bytes[range].reduce(Self.emptyHash) { Self.extend($0, by: $1) })
  }

  private func storedKey(_ entry: Int) -> ArraySlice<UInt8> { storage[Int(starts[entry])..<Int(starts[entry + 1])] }

  private func index(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & mask }
}
