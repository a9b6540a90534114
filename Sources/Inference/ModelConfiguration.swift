import ModelFile

/// A decoder's sizes and constants, from a GGUF file's metadata.
struct ModelConfiguration: Sendable {
  let layerCount: Int
  let width: Int
  let feedForwardWidth: Int
  let headCount: Int
  let keyValueHeadCount: Int
  let headSize: Int
  let vocabularySize: Int
  let contextLength: Int
  let normEpsilon: Float
  /// Pairs of a head that RoPE turns.
  let ropePairCount: Int
  let ropeBase: Double
  /// Positions are divided by this (linear scaling).
  let ropeScale: Double

  var keyValueWidth: Int { keyValueHeadCount * headSize }
  var queryWidth: Int { headCount * headSize }
  /// Query heads that share a KV head.
  var groupSize: Int { headCount / keyValueHeadCount }

  init(gguf: GGUFFile) throws(InferenceError) {
    let name = gguf.metadata["general.architecture"]?.string ?? "not named"
    guard name == "llama" else { throw .architecture(name, in: gguf.path) }
    do throws(ModelFileError) {
      func integer(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int { try gguf.integer("\(name).\(key)", in: range) }
      layerCount = try integer("block_count", 1...1024)
      width = try integer("embedding_length", 32...65_536)
      feedForwardWidth = try gguf.integer("\(name).feed_forward_length", sameForAll: layerCount, in: 32...1_048_576)
      headCount = try gguf.integer("\(name).attention.head_count", sameForAll: layerCount, in: 1...1024)
      keyValueHeadCount =
        gguf.metadata["\(name).attention.head_count_kv"] == nil
        ? headCount : try gguf.integer("\(name).attention.head_count_kv", sameForAll: layerCount, in: 1...1024)
      headSize = gguf.metadata["\(name).attention.key_length"] == nil ? width / headCount : try integer("attention.key_length", 8...1024)
      contextLength = try integer("context_length", 1...16_777_216)
      normEpsilon = Float(try gguf.number("\(name).attention.layer_norm_rms_epsilon"))
      ropePairCount = gguf.metadata["\(name).rope.dimension_count"] == nil ? headSize / 2 : try integer("rope.dimension_count", 2...1024) / 2
      ropeBase = try gguf.number("\(name).rope.freq_base", default: 10_000)
      ropeScale = try gguf.metadata["\(name).rope.scaling.type"]?.string == "linear" ? gguf.number("\(name).rope.scaling.factor", default: 1) : 1
      guard let embedding = gguf.tensors["token_embd.weight"], embedding.shape.count == 2 else {
        throw .missing("tensor token_embd.weight", in: gguf.path)
      }
      vocabularySize = embedding.shape[1]
    } catch {
      throw .load(gguf.path, error)
    }
    // What is not computed must not be ignored: the text would only be wrong.
    if let scaling = gguf.metadata["\(name).rope.scaling.type"]?.string, !["none", "linear"].contains(scaling) {
      throw .configuration(gguf.path, "its positions are scaled by \(scaling); none and linear are known")
    }
    if let extra = gguf.tensors.keys.filter({ $0.hasSuffix(".bias") || $0.contains("_exps.") }).min() {
      throw .configuration(gguf.path, "it has a tensor \(extra), which this architecture does not use here")
    }
    guard normEpsilon >= 0, normEpsilon.isFinite else { throw .configuration(gguf.path, "its layer_norm_rms_epsilon is \(normEpsilon)") }
    guard width % 32 == 0, feedForwardWidth % 32 == 0, headSize >= 8, headSize % 8 == 0, queryWidth % 32 == 0, headCount % keyValueHeadCount == 0,
      ropePairCount * 2 <= headSize, ropeBase > 0, ropeScale > 0
    else {
      throw .configuration(
        gguf.path, "its sizes do not fit together: width \(width), \(headCount) heads of \(headSize), \(keyValueHeadCount) KV heads")
    }
  }
}
