import ModelFile

/// A decoder's sizes and constants, from a GGUF file's metadata.
struct ModelConfiguration: Sendable {
  /// How a layer mixes positions.
  enum LayerKind: Sendable, Equatable {
    /// - window: Positions that a query sees, its own included; `nil` for all before it.
    /// - rope: Which of the model's rotations; `nil` for none.
    case attention(window: Int?, rope: RotaryEmbedding.Kind?)
    case shortConvolution
  }

  let architecture: Architecture
  let layers: [LayerKind]
  let width: Int
  let feedForwardWidth: Int
  let headCount: Int
  let keyValueHeadCount: Int
  let headSize: Int
  let embeddingCount: Int
  let contextLength: Int
  let normEpsilon: Float
  /// Pairs of a head that RoPE turns.
  let ropePairCount: Int
  let ropeBase: Double
  let ropeScaling: RotaryEmbedding.Scaling
  /// The rotation of layers with a window; the others' base and scaling are not theirs.
  let localRopeBase: Double
  /// Positions that a short convolution sees, its own included; 0 if the model has none.
  let convolutionTapCount: Int
  /// What queries are multiplied by on top of 1 / √(head size).
  let queryScale: Float

  var layerCount: Int { layers.count }
  var keyValueWidth: Int { keyValueHeadCount * headSize }
  var queryWidth: Int { headCount * headSize }
  /// Query heads that share a KV head.
  var groupSize: Int { headCount / keyValueHeadCount }
  var embeddingScale: Float { architecture.scalesEmbedding ? Float(width).squareRoot() : 1 }

  init(gguf: GGUFFile) throws(InferenceError) {
    let name = gguf.metadata["general.architecture"]?.string ?? "not named"
    guard let architecture = Architecture.known.first(where: { $0.name == name }) else { throw .architecture(name, in: gguf.path) }
    self.architecture = architecture
    do throws(ModelFileError) {
      func has(_ key: String) -> Bool { gguf.metadata["\(name).\(key)"] != nil }
      func integer(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int { try gguf.integer("\(name).\(key)", in: range) }
      let layerCount = try integer("block_count", 1...1024)
      width = try integer("embedding_length", 32...65_536)
      feedForwardWidth = try gguf.integer("\(name).feed_forward_length", sameForAll: layerCount, in: 32...1_048_576)
      headCount = try gguf.integer("\(name).attention.head_count", sameForAll: layerCount, in: 1...1024)
      headSize = has("attention.key_length") ? try integer("attention.key_length", 8...1024) : width / headCount
      if has("attention.value_length") { _ = try integer("attention.value_length", headSize...headSize) }
      contextLength = try integer("context_length", 1...16_777_216)
      normEpsilon = Float(try gguf.number("\(name).attention.layer_norm_rms_epsilon"))
      let turnedCount = has("rope.dimension_count") ? try integer("rope.dimension_count", 2...1024) : headSize / 2 * 2
      guard turnedCount.isMultiple(of: 2) else {
        throw .missing("\(name).rope.dimension_count", in: gguf.path, "it is \(turnedCount), expected an even number")
      }
      ropePairCount = turnedCount / 2
      ropeBase = try gguf.number("\(name).rope.freq_base", default: 10_000)

      switch architecture.pattern {
      case .shortConvolution:
        let key = "\(name).attention.head_count_kv"
        var counts = gguf.metadata[key]?.ints ?? []
        if gguf.metadata[key]?.ints == nil { counts = Array(repeating: try integer("attention.head_count_kv", 1...1024), count: layerCount) }
        let used = Set(counts).subtracting([0])
        guard counts.count == layerCount, used.count == 1, let count = used.first, (1...1024).contains(count) else {
          throw .missing(
            key, in: gguf.path, "it has \(counts.count) values, expected 0 or one number from 1 to 1024 for each of \(layerCount) layers")
        }
        keyValueHeadCount = count
        layers = counts.map { $0 == 0 ? .shortConvolution : .attention(window: nil, rope: .global) }
      default:
        keyValueHeadCount =
          has("attention.head_count_kv") ? try gguf.integer("\(name).attention.head_count_kv", sameForAll: layerCount, in: 1...1024) : headCount
        layers = try Self.attentionLayers(layerCount, architecture.pattern, gguf, name)
      }
      convolutionTapCount = layers.contains(.shortConvolution) ? try integer("shortconv.l_cache", 1...64) : 0
      if case .slidingWindow(_, let base) = architecture.pattern {
        localRopeBase = try gguf.number("\(name).rope.freq_base_swa", default: base)
      } else {
        localRopeBase = ropeBase
      }
      guard let embedding = gguf.tensors["token_embd.weight"], embedding.shape.count == 2 else {
        throw .missing("tensor token_embd.weight", in: gguf.path)
      }
      embeddingCount = embedding.shape[1]
    } catch {
      throw .load(gguf.path, error)
    }
    ropeScaling = try RotaryEmbedding.Scaling(gguf: gguf, architecture: name)
    // Gemma 3 27B divides by √(width / heads) instead, which its files do not say; it is known by its 62 layers.
    queryScale = name == "gemma3" && layers.count == 62 ? (Float(headSize * headCount) / Float(width)).squareRoot() : 1
    try check(gguf)
  }

  private static func attentionLayers(
    _ count: Int, _ pattern: Architecture.Pattern, _ gguf: GGUFFile, _ name: String
  ) throws(ModelFileError) -> [LayerKind] {
    switch pattern {
    case .uniform, .shortConvolution:
      return Array(repeating: .attention(window: nil, rope: .global), count: count)
    case .withoutRope(let period):
      return (1...count).map { .attention(window: nil, rope: $0 % period == 0 ? nil : .global) }
    case .slidingWindow(var period, _):
      let window = try gguf.integer("\(name).attention.sliding_window", in: 1...16_777_216)
      let key = "\(name).attention.sliding_window_pattern"
      if case .bools(let isLocal) = gguf.metadata[key] {
        guard isLocal.count == count else { throw .missing(key, in: gguf.path, "it has \(isLocal.count) values for \(count) layers") }
        return isLocal.map { $0 ? .attention(window: window, rope: .local) : .attention(window: nil, rope: .global) }
      }
      if gguf.metadata[key] != nil { period = try gguf.integer(key, in: 1...1024) }
      return (1...count).map { $0 % period == 0 ? .attention(window: nil, rope: .global) : .attention(window: window, rope: .local) }
    }
  }

  /// What is not computed must not be ignored: the text would only be wrong.
  private func check(_ gguf: GGUFFile) throws(InferenceError) {
    let name = architecture.name
    for key in ["attn_logit_softcapping", "final_logit_softcapping", "logit_scale", "embedding_scale", "residual_scale", "attention.scale"] {
      guard let value = gguf.metadata["\(name).\(key)"]?.double, value != 0 else { continue }
      throw .configuration(gguf.path, "its \(name).\(key) is \(value), which this architecture does not use here")
    }
    if gguf.metadata["\(name).attention.causal"]?.bool == false { throw .configuration(gguf.path, "it does not read from left to right") }
    if case .slidingWindow = architecture.pattern {
    } else if let window = gguf.metadata["\(name).attention.sliding_window"]?.int, window > 0, window < contextLength {
      throw .configuration(gguf.path, "its attention sees a window of \(window) positions, which this architecture does not use here")
    }
    guard normEpsilon >= 0, normEpsilon.isFinite else { throw .configuration(gguf.path, "its layer_norm_rms_epsilon is \(normEpsilon)") }
    guard width % 32 == 0, feedForwardWidth % 32 == 0, headSize >= 8, headSize % 8 == 0, queryWidth % 32 == 0, headCount % keyValueHeadCount == 0,
      ropePairCount * 2 <= headSize, ropeBase > 0, localRopeBase > 0
    else {
      throw .configuration(
        gguf.path, "its sizes do not fit together: width \(width), \(headCount) heads of \(headSize), \(keyValueHeadCount) KV heads")
    }
  }
}
