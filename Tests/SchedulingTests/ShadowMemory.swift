import Scheduling

/// Keeps for each block the tokens that its positions stand for, with all before them: what keys and values depend on.
struct ShadowMemory: BlockMemory {
  /// By block and position: a hash of the namespace and all tokens up to there.
  var contents: [[UInt64]]
  var pages: [PageID: (record: String, content: [UInt64])] = [:]
  /// Chance that a page read back is damaged, and that one is not written.
  var faultShare = 0.0
  var random = SplitMix64(seed: 1)
  private(set) var copyCount = 0
  private(set) var moveCount = 0
  private(set) var loadCount = 0

  init(blockCount: Int, blockSize: Int) {
    contents = Array(repeating: Array(repeating: 0, count: blockSize), count: blockCount)
  }

  mutating func copy(_ source: BlockID, to target: BlockID, positionCount: Int) {
    copyCount += 1
    contents[target.index] = Array(contents[source.index].prefix(positionCount)) + contents[target.index].dropFirst(positionCount)
  }

  mutating func move(_ source: BlockID, _ slots: Range<Int>, to target: BlockID, at slot: Int, by distance: Int) {
    moveCount += 1
    precondition(distance > 0, "what stays in its place is copied")
    contents[target.index].replaceSubrange(slot..<slot + slots.count, with: contents[source.index][slots])
  }

  mutating func save(_ block: BlockID, to page: PageID, tokens: [Int32], parent: PageID?, namespace: String) -> Bool {
    if Double.random(in: 0..<1, using: &random) < faultShare { return false }
    precondition(pages[page] == nil, "a page that is written over without having been given back")
    precondition(parent.map { pages[$0] != nil } ?? true, "a page whose parent is not on disk")
    pages[page] = ("\(namespace) \(tokens)", contents[block.index])
    return true
  }

  mutating func load(_ page: PageID, into block: BlockID) -> Bool {
    loadCount += 1
    guard let content = pages[page]?.content, Double.random(in: 0..<1, using: &random) >= faultShare else { return false }
    contents[block.index] = content
    return true
  }

  mutating func discard(_ page: PageID) { pages[page] = nil }

  /// What a step computes: each row writes its own position, and reads all before.
  ///
  /// - Returns: Whether what it read, and what was taken over within it, is what the tokens say: for positions of passages also what they were
  ///   when they stood alone behind the preamble.
  mutating func compute(_ run: Step.Run, of sequence: Scheduler.Sequence, blockSize: Int) -> Bool {
    let elsewhere = Self.elsewhere(sequence)
    var hash = Self.begin(sequence.namespace)
    for (position, token) in (sequence.tokens.prefix(run.positions.lowerBound) + run.tokens).enumerated() {
      hash = Self.mix(hash, token)
      let (block, slot) = (run.blocks[position / blockSize].index, position % blockSize)
      if position < run.positions.lowerBound || run.moved.contains(where: { $0.contains(position) }) {
        guard contents[block][slot] == hash || contents[block][slot] == elsewhere[position] else { return false }
      } else {
        contents[block][slot] = hash
      }
    }
    return true
  }

  /// What positions of a sequence's preamble and passages were where they were read exactly.
  private static func elsewhere(_ sequence: Scheduler.Sequence) -> [Int: UInt64] {
    guard let reuse = sequence.reuse, let first = reuse.passages.first else { return [:] }
    var hashes: [Int: UInt64] = [:]
    var preamble = begin(reuse.source)
    for position in 0..<first.lowerBound {
      preamble = mix(preamble, sequence.tokens[position])
      hashes[position] = preamble
    }
    for passage in reuse.passages {
      var hash = preamble
      for position in passage {
        hash = mix(hash, sequence.tokens[position])
        hashes[position] = hash
      }
    }
    return hashes
  }

  static func begin(_ namespace: String) -> UInt64 { namespace.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
  static func mix(_ hash: UInt64, _ token: Int32) -> UInt64 {
    var mixed = SplitMix64(seed: hash ^ UInt64(UInt32(bitPattern: token)))
    return mixed.next()
  }
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
