import CKernels
import Foundation
import ModelFile

/// A decoder: what its layers are made of says `Architecture`.
///
/// Rows of a pass are tokens. A row's result depends on the tokens before it and on nothing else, to the bit: activations are quantised by row,
/// sums run in an order that the number of rows and threads does not change, and attention and convolutions read what came before as the cache
/// stores it.
struct Transformer: Sendable {
  let configuration: ModelConfiguration
  let pool: ComputePool
  private let embedding: Tensor
  private let embeddingType: qk_type
  private let layers: [DecoderLayer]
  private let outputNorm: [Float]
  private let head: WeightMatrix
  private var ropes: [RotaryEmbedding.Kind: RotaryEmbedding]

  /// Rows of a pass at most: bounds its memory.
  static let passRowLimit = 256

  init(gguf: GGUFFile, pool: ComputePool) throws(InferenceError) {
    let configuration = try ModelConfiguration(gguf: gguf)
    self.configuration = configuration
    self.pool = pool
    var reader = WeightReader(gguf: gguf, pool: pool)
    let width = configuration.width
    embedding = try reader.tensor("token_embd.weight", [width, configuration.vocabularySize])
    guard let embeddingType = WeightMatrix.kernelType(of: embedding.type) else {
      throw .type(embedding.type.name, ofTensor: embedding.name, in: gguf.path)
    }
    self.embeddingType = embeddingType
    var layers: [DecoderLayer] = []
    for index in configuration.layers.indices { layers.append(try DecoderLayer(index, configuration: configuration, reader: &reader)) }
    self.layers = layers
    outputNorm = try reader.floats(configuration.architecture.outputNormName, [width])
    // Without an output matrix the embedding is used the other way round.
    head = try WeightMatrix(
      reader.has("output.weight") ? reader.tensor("output.weight", [width, configuration.vocabularySize]) : embedding, pool: pool)
    let divisors = reader.has("rope_freqs.weight") ? try reader.floats("rope_freqs.weight", [configuration.ropePairCount]) : []
    guard divisors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw .configuration(gguf.path, "rope_freqs.weight has a value that is not above 0")
    }
    try reader.refuseWhatIsLeft()
    ropes = [
      .global: RotaryEmbedding(
        pairCount: configuration.ropePairCount, base: configuration.ropeBase, scaling: configuration.ropeScaling, divisors: divisors)
    ]
    if case .slidingWindow = configuration.architecture.pattern {
      ropes[.local] = RotaryEmbedding(pairCount: configuration.ropePairCount, base: configuration.localRopeBase)
    }
  }

  // MARK: Forward pass

  /// Reads tokens after those of `sequence`, which grows by them.
  ///
  /// - Returns: Logits (vocabulary) after the last token, or after each of them if `allRows`.
  func read(_ tokens: [Int32], into sequence: inout KVSequence, allRows: Bool = false) -> [[Float]] {
    precondition(tokens.allSatisfy { $0 >= 0 && Int($0) < configuration.vocabularySize }, "a token outside the vocabulary")
    var logits: [[Float]] = []
    for start in stride(from: 0, to: tokens.count, by: Self.passRowLimit) {
      let part = tokens[start..<min(start + Self.passRowLimit, tokens.count)]
      let first = sequence.count
      sequence.append(part)
      let pass = Pass(rowCount: part.count, first: first, blocks: sequence.blocks, configuration: configuration, ropes: ropes)
      lookUp(Array(part), pass)
      for index in layers.indices { run(layer: index, pass) }
      let isLast = start + part.count == tokens.count
      if allRows { logits += self.logits(of: 0..<part.count, pass) } else if isLast { logits += self.logits(of: part.count - 1..<part.count, pass) }
    }
    return logits
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

  private func run(layer index: Int, _ pass: Pass) {
    let layer = layers[index]
    // x += mixer(norm(x))
    forEachRow(of: pass) { row in normalize(row, layer.mixerNorm, pass) }
    switch layer.mixer {
    case .attention(let attention): attend(attention, layer: index, pass)
    case .shortConvolution(let convolution): convolve(convolution, layer: index, pass)
    }
    // x += W_down · (activation(W_gate · norm(x)) * (W_up · norm(x)))
    forEachRow(of: pass) { row in
      addDelta(row, norm: layer.postMixerNorm, pass)
      normalize(row, layer.feedForwardNorm, pass)
    }
    multiply([(layer.gate, pass.gated.floats), (layer.up, pass.up)], pass.normal, rowCount: pass.rowCount)
    forEachRow(of: pass) { row in
      let wide = configuration.feedForwardWidth
      switch configuration.architecture.activation {
      case .silu: unsafe qk_swiglu(pass.gated.floats.base + row * wide, pass.up.base + row * wide, wide)
      case .gelu: unsafe qk_geglu(pass.gated.floats.base + row * wide, pass.up.base + row * wide, wide)
      }
      pass.gated.quantise(row: row, width: wide)
    }
    multiply([(layer.down, pass.delta)], pass.gated, rowCount: pass.rowCount)
    forEachRow(of: pass) { row in addDelta(row, norm: layer.postFeedForwardNorm, pass) }
  }

  private func logits(of rows: Range<Int>, _ pass: Pass) -> [[Float]] {
    for row in rows { normalize(row, outputNorm, pass) }
    return rows.map { row in
      let result = FloatBuffer(count: configuration.vocabularySize)
      multiply([(head, result)], pass.normal, rowCount: 1, firstRow: row)
      return unsafe Array(UnsafeBufferPointer(start: result.base, count: configuration.vocabularySize))
    }
  }

  // MARK: Parts

  /// Rows are shared out in runs when there are many; for one row a thread's wake-up costs more than the work.
  func forEachRow(of pass: Pass, _ body: @escaping @Sendable (Int) -> Void) {
    let size = 8
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

  /// Several products of the same rows as one job: the parts are runs of panels of all matrices together.
  func multiply(_ products: [(matrix: WeightMatrix, y: FloatBuffer)], _ x: Activations, rowCount: Int, firstRow: Int = 0) {
    let parts = products.flatMap { product in
      // Parts small enough that a thread that comes late finds something left.
      let count = max(1, min(4 * pool.threadCount, product.matrix.panelCount / 4))
      let panels = product.matrix.panelCount
      return (0..<count).map { (product.matrix, product.y, panels * $0 / count..<panels * ($0 + 1) / count) }
    }
    pool.run(count: parts.count) { index in
      let (matrix, y, panels) = parts[index]
      unsafe matrix.multiply(
        x.floats.base + firstRow * matrix.columns, quantised: x.quantised + firstRow * matrix.columns / Int(QK_BLOCK), into: y.base,
        rowCount: rowCount,
        panels: panels)
    }
  }
}
