import CKernels
import Foundation
import ModelFile

/// A decoder: what its layers are made of says `Architecture`.
///
/// Rows of a pass are tokens. A row's result depends on the tokens before it and on nothing else, to the bit: activations are quantised by row,
/// sums run in an order that the number of rows and threads does not change, and attention and convolutions read what came before as the cache
/// stores it.
final class Transformer: Sendable {
  let configuration: ModelConfiguration
  private let vocabularySize: Int
  let layout: KVLayout
  let pool: ComputePool
  private let embedding: Tensor
  private let embeddingType: qk_type
  let layers: [DecoderLayer]
  private let outputNorm: [Float]
  private let head: WeightMatrix
  let ropes: [RotaryEmbedding.Kind: RotaryEmbedding]

  /// Rows of a pass at most: bounds its memory.
  static let passRowLimit = 256

  /// Names the numbers that a pass gives: levels of kernels differ in the last bits of what takes an exponential, and so may versions. To be
  /// raised with every change of a kernel that changes a bit.
  static var contract: String { "1 level \(qk_cpu_level().rawValue)" }

  /// - Parameter vocabularySize: Tokens that there are; embeddings beyond them belong to none, and are neither read nor written.
  init(
    gguf: GGUFFile, configuration: ModelConfiguration, vocabularySize: Int, keyValueType: KeyValueType, pool: ComputePool
  ) throws(InferenceError) {
    self.configuration = configuration
    self.vocabularySize = vocabularySize
    layout = KVLayout(configuration, type: keyValueType)
    self.pool = pool
    var reader = WeightReader(gguf: gguf, pool: pool)
    let width = configuration.width
    embedding = try reader.tensor("token_embd.weight", [width, configuration.embeddingCount])
    guard let embeddingType = WeightMatrix.kernelType(of: embedding.type) else {
      throw .type(embedding.type.name, ofTensor: embedding.name, in: gguf.path)
    }
    self.embeddingType = embeddingType
    var layers: [DecoderLayer] = []
    for index in configuration.layers.indices { layers.append(try DecoderLayer(index, configuration: configuration, reader: &reader)) }
    self.layers = layers
    outputNorm = try reader.floats(configuration.architecture.outputNormName, [width])
    // Without an output matrix the embedding is used the other way round.
    head = try reader.matrix(reader.has("output.weight") ? reader.tensor("output.weight", [width, configuration.embeddingCount]) : embedding)
    let divisors = reader.has("rope_freqs.weight") ? try reader.floats("rope_freqs.weight", [configuration.ropePairCount]) : []
    guard divisors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw .configuration(gguf.path, "rope_freqs.weight has a value that is not above 0")
    }
    try reader.refuseWhatIsLeft()
    var ropes: [RotaryEmbedding.Kind: RotaryEmbedding] = [
      .global: RotaryEmbedding(
        pairCount: configuration.ropePairCount, base: configuration.ropeBase, scaling: configuration.ropeScaling, divisors: divisors)
    ]
    if case .slidingWindow = configuration.architecture.pattern {
      ropes[.local] = RotaryEmbedding(pairCount: configuration.ropePairCount, base: configuration.localRopeBase)
    }
    self.ropes = ropes
  }

  // MARK: Forward pass

  /// Reads tokens after those of `sequence`, which grows by them.
  ///
  /// - Returns: Logits (vocabulary) after the last token, or after each of them if `allRows`.
  func read(_ tokens: [Int32], into sequence: inout KVSequence, allRows: Bool = false) -> [[Float]] {
    var sequences = [sequence]
    sequence = KVSequence(layout: layout)  // so that the list alone holds it, and nothing is copied
    defer { sequence = sequences[0] }
    return read([tokens], into: &sequences, allRows: allRows)[0]
  }

  /// Reads tokens after those of several sequences, in passes that they share: a weight is read once for all of them.
  ///
  /// - Returns: For each sequence the logits after its last token, or after each of them if `allRows`.
  func read(_ tokens: [[Int32]], into sequences: inout [KVSequence], allRows: Bool = false) -> [[[Float]]] {
    precondition(tokens.count == sequences.count, "tokens for each sequence")
    var logits: [[[Float]]] = Array(repeating: [], count: tokens.count)
    var readCounts = Array(repeating: 0, count: tokens.count)
    while true {
      var runs: [TokenRun] = []
      var readers: [Int] = []
      var rowsLeft = Self.passRowLimit
      for index in tokens.indices where readCounts[index] < tokens[index].count && rowsLeft > 0 {
        let part = tokens[index][readCounts[index]...].prefix(rowsLeft)
        let first = sequences[index].count
        sequences[index].append(part)
        let wanted = allRows ? 0..<part.count : part.endIndex == tokens[index].endIndex ? part.count - 1..<part.count : 0..<0
        runs.append(TokenRun(tokens: Array(part), first: first, blocks: sequences[index].blocks, wanted: wanted))
        readers.append(index)
        readCounts[index] += part.count
        rowsLeft -= part.count
      }
      if runs.isEmpty { return logits }
      for (index, rows) in zip(readers, compute(runs)) { logits[index] += rows }
    }
  }

  /// One pass over the weights for all runs. Their keys and values are stored in their blocks.
  ///
  /// - Returns: For each run the logits after those of its tokens for which they are wanted.
  func compute(_ runs: [TokenRun]) -> [[[Float]]] {
    let tokens = runs.flatMap(\.tokens)
    precondition(!tokens.isEmpty && tokens.count <= Self.passRowLimit, "rows for one pass")
    precondition(tokens.allSatisfy { $0 >= 0 && Int($0) < vocabularySize }, "a token outside the vocabulary")
    var pass = Pass(runs: runs, configuration: configuration, ropes: ropes)
    var wanted = zip(runs, pass.runs).map { run, placed in run.wanted.map { placed.rows.lowerBound + $0 } }
    let blendingLayer = runs.contains { !$0.moved.isEmpty } ? blendingLayer : nil
    lookUp(tokens, pass)
    normalize(forLayer: 0, pass)
    for index in layers.indices {
      pass.comparesValues = index == blendingLayer
      run(layer: index, pass)
      guard index == blendingLayer else { continue }
      let kept = rowsToKeep(runs, pass)
      pass = Pass(rows: kept, of: pass, configuration: configuration, ropes: ropes)
      normalize(forLayer: index + 1, pass)
      let places = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
      wanted = wanted.map { $0.compactMap { places[$0] } }
    }
    var rows = logits(of: wanted.flatMap { $0 }, pass)[...]
    return wanted.map { rowsOfRun in
      defer { rows = rows.dropFirst(rowsOfRun.count) }
      return Array(rows.prefix(rowsOfRun.count))
    }
  }

  private func lookUp(_ tokens: [Int32], _ pass: Pass) {
    let width = configuration.width
    let rowByteCount = width / embedding.type.blockElementCount * embedding.type.blockByteCount
    unsafe embedding.withBytes { bytes in
      for (row, token) in tokens.enumerated() {
        unsafe qk_dequantise(pass.hidden.base + row * width, bytes.baseAddress! + Int(token) * rowByteCount, embeddingType, width)
      }
    }
    let scale = configuration.embeddingScale
    if scale != 1 { for element in 0..<tokens.count * width { unsafe pass.hidden.base[element] *= scale } }
  }

  /// norm(x), which a layer begins with; nothing after the last one.
  private func normalize(forLayer index: Int, _ pass: Pass) {
    guard index < layers.count else { return }
    let norm = layers[index].mixerNorm
    forEachRow(of: pass) { [self] row in normalize(row, norm, pass) }
  }

  /// - Precondition: The rows are normalised for this layer; they are for the next one after it, so that both take one job.
  private func run(layer index: Int, _ pass: Pass) {
    let layer = layers[index]
    // x += mixer(norm(x))
    switch layer.mixer {
    case .attention(let attention): attend(attention, layer: index, pass)
    case .shortConvolution(let convolution): convolve(convolution, layer: index, pass)
    }
    // x += W_down · (activation(W_gate · norm(x)) * (W_up · norm(x)))
    forEachRow(of: pass) { [self] row in
      addDelta(row, norm: layer.postMixerNorm, pass)
      normalize(row, layer.feedForwardNorm, pass)
    }
    multiply([(layer.gate, pass.gated.floats), (layer.up, pass.up)], pass.normal, rowCount: pass.rowCount)
    forEachRow(of: pass) { [self] row in
      let wide = configuration.feedForwardWidth
      switch configuration.architecture.activation {
      case .silu: unsafe qk_swiglu(pass.gated.floats.base + row * wide, pass.up.base + row * wide, wide)
      case .gelu: unsafe qk_geglu(pass.gated.floats.base + row * wide, pass.up.base + row * wide, wide)
      }
      pass.gated.quantise(row: row, width: wide)
    }
    multiply([(layer.down, pass.delta)], pass.gated, rowCount: pass.rowCount)
    let nextNorm = index + 1 < layers.count ? layers[index + 1].mixerNorm : nil
    forEachRow(of: pass) { [self] row in
      addDelta(row, norm: layer.postFeedForwardNorm, pass)
      if let nextNorm { normalize(row, nextNorm, pass) }
    }
  }

  /// Rows of logits computed together at most: a vocabulary is long.
  private static let logitRowLimit = 32

  private func logits(of rows: [Int], _ pass: Pass) -> [[Float]] {
    let (width, count) = (configuration.width, configuration.embeddingCount)
    return stride(from: 0, to: rows.count, by: Self.logitRowLimit).flatMap { start in
      let some = rows[start..<min(start + Self.logitRowLimit, rows.count)]
      // The last hidden states, one after the other.
      let normal = Activations(rowCount: some.count, width: width)
      for (place, row) in some.enumerated() {
        unsafe qk_rms_norm(normal.floats.base + place * width, pass.hidden.base + row * width, outputNorm, width, configuration.normEpsilon)
        normal.quantise(row: place, width: width)
      }
      let result = FloatBuffer(count: some.count * count)
      multiply([(head, result)], normal, rowCount: some.count)
      return some.indices.map { unsafe Array(UnsafeBufferPointer(start: result.base + ($0 - some.startIndex) * count, count: vocabularySize)) }
    }
  }

  // MARK: Parts

  /// Rows are shared out in runs when there are many; for one row a thread's wake-up costs more than the work.
  func forEachRow(of pass: Pass, _ body: @escaping @Sendable (Int) -> Void) {
    let size = max(2, min(8, (pass.rowCount + pool.threadCount - 1) / pool.threadCount))
    pool.run(count: (pass.rowCount + size - 1) / size) { part in
      for row in part * size..<min(part * size + size, pass.rowCount) { body(row) }
    }
  }

  private func normalize(_ row: Int, _ weight: [Float], _ pass: Pass) {
    let width = configuration.width
    unsafe qk_rms_norm(pass.normal.floats.base + row * width, pass.hidden.base + row * width, weight, width, configuration.normEpsilon)
    pass.normal.quantise(row: row, width: width)
  }

  /// Adds what a part of the layer gave to the residual stream, normalised if the architecture has a norm there.
  private func addDelta(_ row: Int, norm: [Float]?, _ pass: Pass) {
    let width = configuration.width
    let delta = unsafe pass.delta.base + row * width
    if let norm { unsafe qk_rms_norm(delta, delta, norm, width, configuration.normEpsilon) }
    unsafe qk_add(pass.hidden.base + row * width, delta, width)
  }

  /// Several products of the same rows as one job: the parts are runs of panels, of all matrices one after the other.
  func multiply(_ products: [(matrix: WeightMatrix, y: FloatBuffer)], _ x: Activations, rowCount: Int) {
    let panelCount = products.reduce(0) { $0 + $1.matrix.panelCount }
    // Parts small enough that a thread that comes late finds something left; long ones where one row waits for memory, which is read ahead in them.
    let partCount = max(1, min((rowCount < 4 ? 2 : 4) * pool.threadCount, panelCount / 2))
    pool.run(count: partCount) { part in
      let wanted = panelCount * part / partCount..<panelCount * (part + 1) / partCount
      var start = 0
      for (matrix, y) in products {
        let panels = wanted.clamped(to: start..<start + matrix.panelCount)
        if !panels.isEmpty {
          unsafe matrix.multiply(
            x.floats.base, quantised: x.quantised, into: y.base, rowCount: rowCount, panels: panels.lowerBound - start..<panels.upperBound - start)
        }
        start += matrix.panelCount
      }
    }
  }
}
