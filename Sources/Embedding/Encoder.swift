import Inference
import Synchronization

/// BERT (Devlin et al. 2018) over any number of sequences.
struct Encoder: Sendable {
  let configuration: EncoderConfiguration
  let weights: EncoderWeights
  let pool: ComputePool

  /// Rows of sequences that go through the layers together: enough to use each weight often, few enough for a core's cache. A longer
  /// sequence goes alone.
  private static let groupRowLimit = 128

  /// The mean of the last layer's rows of each sequence, L2-normalised.
  ///
  /// Groups of sequences are taken by threads, each through all layers, so that threads wait for each other only at the end. Where there are
  /// too few groups, all threads share one after the other.
  func embed(_ sequences: [[Int32]]) -> [[Float]] {
    let width = configuration.width
    let vectors = AlignedMemory(floatCount: sequences.count * width)
    // Long ones first, so that what is left at the end is short.
    let groups = Self.groups(of: sequences.indices.sorted { (sequences[$0].count, $1) > (sequences[$1].count, $0) }, in: sequences)
    let rowCount = groups.map { $0.reduce(0) { $0 + sequences[$1].count } }.max() ?? 0
    if groups.count >= 2 * pool.threadCount {
      let next = Counter()
      pool.run(count: pool.threadCount) { _ in
        let buffers = EncoderBuffers(rowCount: rowCount, configuration: configuration, precision: weights.precision)
        let pass = EncoderPass(configuration: configuration, weights: weights, pool: nil, buffers: buffers)
        while let group = next.take(below: groups.count) { run(pass, groups[group], of: sequences, into: vectors) }
      }
    } else {
      let buffers = EncoderBuffers(rowCount: rowCount, configuration: configuration, precision: weights.precision)
      let pass = EncoderPass(configuration: configuration, weights: weights, pool: pool, buffers: buffers)
      for group in groups { run(pass, group, of: sequences, into: vectors) }
    }
    return sequences.indices.map { unsafe [Float](UnsafeBufferPointer(start: vectors.floats + $0 * width, count: width)) }
  }

  private func run(_ pass: EncoderPass, _ group: [Int], of sequences: [[Int32]], into vectors: AlignedMemory) {
    unsafe pass.run(group.map { sequences[$0] }, into: group.map { unsafe vectors.floats + $0 * configuration.width })
  }

  /// Parts the indices, in order, into groups of at most `groupRowLimit` rows.
  private static func groups(of indices: [Int], in sequences: [[Int32]]) -> [[Int]] {
    var groups: [[Int]] = []
    var rowCount = 0
    for index in indices {
      rowCount += sequences[index].count
      if groups.isEmpty || rowCount > groupRowLimit {
        groups.append([index])
        rowCount = sequences[index].count
      } else {
        groups[groups.count - 1].append(index)
      }
    }
    return groups
  }
}

/// Hands out 0, 1, 2 … to whoever asks.
private final class Counter: Sendable {
  private let next = Atomic<Int>(0)

  func take(below limit: Int) -> Int? {
    let value = next.add(1, ordering: .relaxed).oldValue
    return value < limit ? value : nil
  }
}
