import Inference
import ModelFile

/// A BERT encoder's weights, packed for the kernels.
struct EncoderWeights: Sendable {
  struct Norm: Sendable {
    let weight: [Float]
    let bias: [Float]
  }

  struct Layer: Sendable {
    /// Query, key and value in one matrix (3 · width, width).
    let attention: PackedLinear
    let attentionOutput: PackedLinear
    let attentionNorm: Norm
    let up: PackedLinear
    let down: PackedLinear
    let outputNorm: Norm
  }

  let precision: EmbeddingPrecision
  /// (vocabulary, width), in the file.
  let words: Tensor
  /// Position and token type 0 added up (positions, width).
  let positions: [Float]
  let embeddingNorm: Norm
  let layers: [Layer]

  init(file: SafetensorsFile, configuration: EncoderConfiguration, precision: EmbeddingPrecision, pool: ComputePool) throws(ModelFileError) {
    self.precision = precision
    let width = configuration.width
    // Checkpoints of a whole BERT model carry a prefix that sentence encoders lack.
    let prefix = file.tensors["bert.embeddings.word_embeddings.weight"] == nil ? "" : "bert."

    func vector(_ name: String, _ count: Int) throws(ModelFileError) -> [Float] { try Self.floats(file.tensor(prefix + name, shape: [count])) }
    func norm(_ name: String) throws(ModelFileError) -> Norm {
      Norm(weight: try vector(name + ".weight", width), bias: try vector(name + ".bias", width))
    }
    func linear(_ names: [String], rows: Int, columns: Int) throws(ModelFileError) -> PackedLinear {
      var matrix: [Float] = []
      var bias: [Float] = []
      for name in names {
        matrix += try Self.floats(file.tensor(prefix + name + ".weight", shape: [columns, rows]))
        bias += try vector(name + ".bias", rows)
      }
      return PackedLinear(matrix, bias: bias, rows: rows * names.count, columns: columns, precision: precision, pool: pool)
    }

    words = try file.tensor(prefix + "embeddings.word_embeddings.weight", shape: [width, configuration.vocabularySize])
    guard words.type == .f32 else { throw .missing("tensor \(words.name)", in: file.path, "its type is \(words.type.name), expected F32") }
    let types = try file.tensors[prefix + "embeddings.token_type_embeddings.weight"].map(Self.floats)
    var positions = try Self.floats(file.tensor(prefix + "embeddings.position_embeddings.weight", shape: [width, configuration.positionCount]))
    if let types, types.count >= width { for index in positions.indices { positions[index] += types[index % width] } }
    self.positions = positions
    embeddingNorm = try norm("embeddings.LayerNorm")
    var layers: [Layer] = []
    for index in 0..<configuration.layerCount {
      let name = "encoder.layer.\(index)."
      layers.append(
        Layer(
          attention: try linear(["query", "key", "value"].map { name + "attention.self." + $0 }, rows: width, columns: width),
          attentionOutput: try linear([name + "attention.output.dense"], rows: width, columns: width),
          attentionNorm: try norm(name + "attention.output.LayerNorm"),
          up: try linear([name + "intermediate.dense"], rows: configuration.feedForwardWidth, columns: width),
          down: try linear([name + "output.dense"], rows: width, columns: configuration.feedForwardWidth),
          outputNorm: try norm(name + "output.LayerNorm")))
    }
    self.layers = layers
  }

  private static func floats(_ tensor: Tensor) throws(ModelFileError) -> [Float] {
    guard tensor.type == .f32 else {
      throw .missing("tensor \(tensor.name)", in: tensor.file.path, "its type is \(tensor.type.name), expected F32")
    }
    return unsafe [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
      unsafe tensor.withBytes { unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      count = tensor.elementCount
    }
  }
}
