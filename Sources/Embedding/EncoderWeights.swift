import CKernels
import Foundation
import Inference
import ModelFile

/// An encoder's weights, packed for the kernels.
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
    let gate: PackedLinear?
    let down: PackedLinear
    let outputNorm: Norm
  }

  let precision: EmbeddingPrecision
  /// (vocabulary, width), in the file.
  let words: Tensor
  /// What is added to words: position and token type 0 (positions, width), or the type alone (width) where positions turn heads instead.
  let additions: [Float]
  /// Cosines and sines (positions, head size / 2) by which heads are turned.
  let turns: (cosines: [Float], sines: [Float])?
  let embeddingNorm: Norm
  let layers: [Layer]

  /// - Parameter tensors: All of a file's.
  init(
    tensors: [String: Tensor], names: EncoderTensorNames, path: String, configuration: EncoderConfiguration, precision: EmbeddingPrecision,
    pool: ComputePool
  ) throws(ModelFileError) {
    let width = configuration.width
    // Checkpoints of a whole BERT model carry a prefix that sentence encoders lack.
    let prefix = tensors["bert." + names.words] == nil ? "" : "bert."
    var pages = LargePages()

    func tensor(_ name: String, _ shape: [Int]) throws(ModelFileError) -> Tensor {
      guard let tensor = tensors[prefix + name] else { throw .missing("tensor \(prefix + name)", in: path) }
      guard tensor.shape == shape else { throw .missing("tensor \(prefix + name)", in: path, "its shape is \(tensor.shape), expected \(shape)") }
      guard Self.isReadable(tensor.type) else { throw .missing("tensor \(prefix + name)", in: path, "its type is \(tensor.type.name)") }
      return tensor
    }
    func norm(_ name: String) throws(ModelFileError) -> Norm {
      Norm(weight: Self.floats(try tensor(name + ".weight", [width])), bias: Self.floats(try tensor(name + ".bias", [width])))
    }
    func linear(_ names: [String], rows: Int, columns: Int) throws(ModelFileError) -> PackedLinear {
      var matrix: [Float] = []
      var bias: [Float] = []
      for name in names {
        let part = Self.floats(try tensor(name + ".weight", [columns, rows / names.count]))
        matrix = names.count == 1 ? part : matrix + part
        if tensors[prefix + name + ".bias"] != nil { bias += Self.floats(try tensor(name + ".bias", [rows / names.count])) }
      }
      guard bias.isEmpty || bias.count == rows else { throw .missing("tensor \(names[0]).bias", in: path, "only some of its parts have one") }
      return PackedLinear(matrix, bias: bias.isEmpty ? nil : bias, rows: rows, columns: columns, precision: precision, in: &pages, pool: pool)
    }

    self.precision = precision
    words = try tensor(names.words, [width, configuration.vocabularySize])
    let types = try tensors[prefix + names.types].map { (stated) throws(ModelFileError) in
      Self.floats(try tensor(names.types, [width, stated.shape.last ?? 0]))
    }
    if let types, types.count < width { throw .missing("a row of the tensor \(names.types)", in: path, "it has none") }
    let type = types.map { Array($0.prefix(width)) } ?? [Float](repeating: 0, count: width)
    switch configuration.positions {
    case .learned(let count):
      var positions = Self.floats(try tensor(names.positions, [width, count]))
      for index in positions.indices { positions[index] += type[index % width] }
      additions = positions
      turns = nil
    case .rotary(let base):
      additions = type
      turns = Self.turns(base: base, pairCount: configuration.headSize / 2, positionCount: configuration.tokenLimit)
    }
    embeddingNorm = try norm(names.embeddingNorm)
    var layers: [Layer] = []
    for index in 0..<configuration.layerCount {
      let layer = "\(names.layer)\(index)."
      let wide = configuration.feedForwardWidth
      layers.append(
        Layer(
          attention: try linear(names.attention.map { layer + $0 }, rows: 3 * width, columns: width),
          attentionOutput: try linear([layer + names.attentionOutput], rows: width, columns: width),
          attentionNorm: try norm(layer + names.attentionNorm), up: try linear([layer + names.up], rows: wide, columns: width),
          gate: configuration.isGated ? try linear([layer + names.gate], rows: wide, columns: width) : nil,
          down: try linear([layer + names.down], rows: width, columns: wide), outputNorm: try norm(layer + names.outputNorm)))
    }
    self.layers = layers
  }

  /// The kernels' name of a tensor's type, which `isReadable`.
  static func kernelType(of type: TensorType) -> qk_type { qk_type(type.rawValue) }

  private static func isReadable(_ type: TensorType) -> Bool {
    switch type {
    case .i8, .i16, .i32, .i64, .f64: false
    default: true
    }
  }

  private static func floats(_ tensor: Tensor) -> [Float] {
    let count = tensor.elementCount
    return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe tensor.withBytes { bytes in
        if tensor.type == .f32 {
          unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        } else if let source = bytes.baseAddress, let target = buffer.baseAddress {
          unsafe qk_dequantise(target, source, kernelType(of: tensor.type), count)
        }
      }
      initialized = count
    }
  }

  /// Angles of position p and pair i: p · base^(−i / pairCount).
  private static func turns(base: Double, pairCount: Int, positionCount: Int) -> (cosines: [Float], sines: [Float]) {
    let frequencies = (0..<pairCount).map { pow(base, -Double($0) / Double(pairCount)) }
    let angles = (0..<positionCount).flatMap { position in frequencies.map { Double(position) * $0 } }
    return (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
  }
}
