import CKernels
import Foundation
import ModelFile

/// The decoder of the llama family (Touvron et al. 2023): RMSNorm, grouped-query attention with RoPE on adjacent pairs, SwiGLU.
///
/// Rows of a pass are tokens. A row's result depends on the tokens before it and on nothing else, to the bit: activations are quantised by row,
/// sums run in an order that the number of rows and threads does not change, and attention reads keys and values as the cache stores them.
struct Transformer: Sendable {
  struct Layer: Sendable {
    let attentionNorm: [Float]
    let query: WeightMatrix
    let key: WeightMatrix
    let value: WeightMatrix
    let attentionOutput: WeightMatrix
    let feedForwardNorm: [Float]
    let gate: WeightMatrix
    let up: WeightMatrix
    let down: WeightMatrix
  }

  let configuration: ModelConfiguration
  let pool: ComputePool
  private let embedding: Tensor
  private let embeddingType: qk_type
  private let layers: [Layer]
  private let outputNorm: [Float]
  private let head: WeightMatrix
  /// What RoPE's frequencies are divided by, one for each pair (Llama 3's `rope_freqs.weight`); empty for none.
  private let ropeDivisors: [Float]

  /// Rows of a pass at most: bounds its memory.
  static let passRowLimit = 256
  /// Queries of one head that one part of an attention job takes.
  private static let attentionRowCount = 16

  init(gguf: GGUFFile, pool: ComputePool) throws(InferenceError) {
    let configuration = try ModelConfiguration(gguf: gguf)
    self.configuration = configuration
    self.pool = pool
    let (width, wide) = (configuration.width, configuration.feedForwardWidth)
    func tensor(_ name: String, _ shape: [Int]) throws(InferenceError) -> Tensor {
      do throws(ModelFileError) { return try gguf.tensor(name, shape: shape) } catch { throw .load(gguf.path, error) }
    }
    func matrix(_ name: String, rows: Int, columns: Int) throws(InferenceError) -> WeightMatrix {
      try WeightMatrix(tensor(name, [columns, rows]), pool: pool)
    }
    func vector(_ name: String, _ count: Int) throws(InferenceError) -> [Float] {
      let tensor = try tensor(name, [count])
      guard let type = WeightMatrix.kernelType(of: tensor.type), tensor.type.blockElementCount == 1 else {
        throw .type(tensor.type.name, ofTensor: name, in: gguf.path)
      }
      return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        unsafe tensor.withBytes { unsafe qk_dequantise(buffer.baseAddress!, $0.baseAddress!, type, count) }
        initialized = count
      }
    }

    embedding = try tensor("token_embd.weight", [width, configuration.vocabularySize])
    guard let embeddingType = WeightMatrix.kernelType(of: embedding.type) else {
      throw .type(embedding.type.name, ofTensor: embedding.name, in: gguf.path)
    }
    self.embeddingType = embeddingType
    var layers: [Layer] = []
    for index in 0..<configuration.layerCount {
      let name = "blk.\(index)."
      layers.append(
        Layer(
          attentionNorm: try vector(name + "attn_norm.weight", width),
          query: try matrix(name + "attn_q.weight", rows: configuration.queryWidth, columns: width),
          key: try matrix(name + "attn_k.weight", rows: configuration.keyValueWidth, columns: width),
          value: try matrix(name + "attn_v.weight", rows: configuration.keyValueWidth, columns: width),
          attentionOutput: try matrix(name + "attn_output.weight", rows: width, columns: configuration.queryWidth),
          feedForwardNorm: try vector(name + "ffn_norm.weight", width),
          gate: try matrix(name + "ffn_gate.weight", rows: wide, columns: width),
          up: try matrix(name + "ffn_up.weight", rows: wide, columns: width),
          down: try matrix(name + "ffn_down.weight", rows: width, columns: wide)))
    }
    self.layers = layers
    outputNorm = try vector("output_norm.weight", width)
    // Without an output matrix the embedding is used the other way round.
    head = try WeightMatrix(
      gguf.tensors["output.weight"] == nil ? embedding : tensor("output.weight", [width, configuration.vocabularySize]), pool: pool)
    ropeDivisors = gguf.tensors["rope_freqs.weight"] == nil ? [] : try vector("rope_freqs.weight", configuration.ropePairCount)
    guard ropeDivisors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw .configuration(gguf.path, "rope_freqs.weight has a value that is not above 0")
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
      let pass = Pass(rowCount: part.count, first: first, blocks: sequence.blocks, configuration: configuration, ropeDivisors: ropeDivisors)
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
  }

  private func run(layer index: Int, _ pass: Pass) {
    let layer = layers[index]
    let (width, rows) = (configuration.width, pass.rowCount)
    // x += W_o · attention(norm(x))
    forEachRow(of: pass) { row in normalize(row, layer.attentionNorm, pass) }
    multiply([(layer.query, pass.queries), (layer.key, pass.keys), (layer.value, pass.values)], pass.normal, rowCount: rows)
    forEachRow(of: pass) { row in rotateAndStore(row, layer: index, pass) }
    attend(layer: index, pass)
    forEachRow(of: pass) { row in pass.attended.quantise(row: row, width: configuration.queryWidth) }
    multiply([(layer.attentionOutput, pass.delta)], pass.attended, rowCount: rows)
    // x += W_down · (silu(W_gate · norm(x)) * (W_up · norm(x)))
    forEachRow(of: pass) { row in
      add(pass.delta, to: pass.hidden, row: row, width: width)
      normalize(row, layer.feedForwardNorm, pass)
    }
    multiply([(layer.gate, pass.gated.floats), (layer.up, pass.up)], pass.normal, rowCount: rows)
    forEachRow(of: pass) { row in
      let wide = configuration.feedForwardWidth
      unsafe qk_swiglu(pass.gated.floats.base + row * wide, pass.up.base + row * wide, wide)
      pass.gated.quantise(row: row, width: wide)
    }
    multiply([(layer.down, pass.delta)], pass.gated, rowCount: rows)
    forEachRow(of: pass) { row in add(pass.delta, to: pass.hidden, row: row, width: width) }
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
  private func forEachRow(of pass: Pass, _ body: @escaping @Sendable (Int) -> Void) {
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

  private func add(_ delta: FloatBuffer, to hidden: FloatBuffer, row: Int, width: Int) {
    for column in row * width..<(row + 1) * width { unsafe hidden.base[column] += delta.base[column] }
  }

  /// Several products of the same rows as one job: the parts are runs of panels of all matrices together.
  private func multiply(_ products: [(matrix: WeightMatrix, y: FloatBuffer)], _ x: Activations, rowCount: Int, firstRow: Int = 0) {
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

  /// Turns a row's queries and keys to their position, and stores keys and values in the cache.
  private func rotateAndStore(_ row: Int, layer: Int, _ pass: Pass) {
    let size = configuration.headSize
    let pairs = configuration.ropePairCount
    let position = pass.first + row
    let cosine = unsafe pass.cosines.base + row * pairs
    let sine = unsafe pass.sines.base + row * pairs
    for head in 0..<configuration.headCount {
      unsafe qk_rope_pairs(pass.queries.base + row * configuration.queryWidth + head * size, cosine, sine, pairs)
    }
    let block = pass.blocks[position / KVBlock.positionCount]
    for head in 0..<configuration.keyValueHeadCount {
      let offset = row * configuration.keyValueWidth + head * size
      unsafe qk_rope_pairs(pass.keys.base + offset, cosine, sine, pairs)
      unsafe qk_kv_store(
        block.base + KVBlock.keyOffset(layer: layer, head: head, configuration),
        block.base + KVBlock.valueOffset(layer: layer, head: head, configuration),
        pass.keys.base + offset, pass.values.base + offset, position % KVBlock.positionCount, size)
    }
  }

  private func attend(layer: Int, _ pass: Pass) {
    let configuration = configuration
    let heads = configuration.keyValueHeadCount
    let size = configuration.headSize
    let group = configuration.groupSize
    let stride = configuration.queryWidth
    let rowsOfPart = Self.attentionRowCount
    let runs = (pass.rowCount + rowsOfPart - 1) / rowsOfPart
    pool.run(count: runs * heads) { part in
      let head = part % heads
      // Later rows see more, so they go first: the last part to be taken is a small one.
      let start = (runs - 1 - part / heads) * rowsOfPart
      let count = min(rowsOfPart, pass.rowCount - start)
      unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: qk_attention_scratch_count(count, group, size)) { scratch in
        let offset = start * stride + head * group * size
        unsafe qk_attention(
          pass.attended.floats.base + offset, pass.queries.base + offset, stride, count, pass.first + start, group, size, pass.blockBases,
          KVBlock.keyOffset(layer: layer, head: head, configuration), KVBlock.valueOffset(layer: layer, head: head, configuration),
          scratch.baseAddress!)
      }
    }
  }
}
