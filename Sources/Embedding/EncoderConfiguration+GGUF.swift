import ModelFile

extension EncoderConfiguration {
  /// The same from the metadata of a GGUF file; throws an `EmbeddingError`, or the `ModelFileError` of an entry that is not there.
  init(gguf: GGUFFile) throws {
    let path = gguf.path
    let name = try gguf.string("general.architecture")
    guard ["bert", "nomic-bert"].contains(name) else { throw EmbeddingError.configuration(path, "its architecture is \(name)") }
    func integer(_ key: String, in range: ClosedRange<Int>) throws(ModelFileError) -> Int { try gguf.integer("\(name).\(key)", in: range) }
    layerCount = try integer("block_count", in: 1...512)
    width = try integer("embedding_length", in: 8...16_384)
    headCount = try integer("attention.head_count", in: 1...512)
    feedForwardWidth = try integer("feed_forward_length", in: 8...65_536)
    vocabularySize = gguf.tensors["token_embd.weight"]?.shape.last ?? 0
    layerNormEpsilon = Float(try gguf.number("\(name).attention.layer_norm_epsilon", default: 1e-12))
    let limit = try integer("context_length", in: 3...1_000_000)
    tokenLimit = min(limit, Self.tokenLimits.upperBound)
    isGated = name == "nomic-bert"
    positions = isGated ? .rotary(base: try gguf.number("\(name).rope.freq_base", default: 1000)) : .learned(count: limit)
    if gguf.metadata["\(name).attention.causal"]?.bool == true { throw EmbeddingError.configuration(path, "its attention is causal") }
    switch gguf.metadata["\(name).pooling_type"]?.int {
    case 1: pooling = .mean
    case 2: pooling = .classification
    case let other:
      let reason = other.map { "its pooling_type is \($0)" } ?? "it does not say how it pools"
      throw EmbeddingError.configuration(path, reason)
    }
    try check(path)
  }
}
