/// The weights of one layer of a decoder. A class, as are its mixers: jobs of every pass take them along, which would count each of their parts.
final class DecoderLayer: Sendable {
  /// What lets positions see each other.
  enum Mixer: Sendable {
    case attention(Attention)
    case shortConvolution(ShortConvolution)
  }

  let mixerNorm: [Float]
  let mixer: Mixer
  let postMixerNorm: [Float]?
  let feedForwardNorm: [Float]
  let gate: WeightMatrix
  let up: WeightMatrix
  let down: WeightMatrix
  let postFeedForwardNorm: [Float]?

  init(_ index: Int, configuration: ModelConfiguration, reader: inout WeightReader) throws(InferenceError) {
    let name = "blk.\(index)."
    let (width, wide) = (configuration.width, configuration.feedForwardWidth)
    let hasPostNorms = configuration.architecture.hasPostNorms
    mixerNorm = try reader.floats(name + "attn_norm.weight", [width])
    switch configuration.layers[index] {
    case .attention(let window, let rope):
      mixer = .attention(try Attention(name, window: window, rope: rope, configuration: configuration, reader: &reader))
    case .shortConvolution:
      mixer = .shortConvolution(try ShortConvolution(name, configuration: configuration, reader: &reader))
    }
    postMixerNorm = hasPostNorms ? try reader.floats(name + "post_attention_norm.weight", [width]) : nil
    feedForwardNorm = try reader.floats(name + "ffn_norm.weight", [width])
    gate = try reader.matrix(name + "ffn_gate.weight", rows: wide, columns: width)
    up = try reader.matrix(name + "ffn_up.weight", rows: wide, columns: width)
    down = try reader.matrix(name + "ffn_down.weight", rows: width, columns: wide)
    postFeedForwardNorm = hasPostNorms ? try reader.floats(name + "post_ffw_norm.weight", [width]) : nil
  }
}

/// Grouped-query attention (Ainslie et al. 2023).
final class Attention: Sendable {
  struct Biases: Sendable {
    let query: [Float]
    let key: [Float]
    let value: [Float]
  }

  /// For each head, before RoPE.
  struct HeadNorms: Sendable {
    let query: [Float]
    let key: [Float]
  }

  /// Positions that a query sees, its own included; `nil` for all before it.
  let window: Int?
  let rope: RotaryEmbedding.Kind?
  let query: WeightMatrix
  let key: WeightMatrix
  let value: WeightMatrix
  let output: WeightMatrix
  let biases: Biases?
  let norms: HeadNorms?

  fileprivate init(
    _ name: String, window: Int?, rope: RotaryEmbedding.Kind?, configuration: ModelConfiguration, reader: inout WeightReader
  ) throws(InferenceError) {
    self.window = window
    self.rope = rope
    let (width, queryWidth, keyValueWidth) = (configuration.width, configuration.queryWidth, configuration.keyValueWidth)
    query = try reader.matrix(name + "attn_q.weight", rows: queryWidth, columns: width)
    key = try reader.matrix(name + "attn_k.weight", rows: keyValueWidth, columns: width)
    value = try reader.matrix(name + "attn_v.weight", rows: keyValueWidth, columns: width)
    output = try reader.matrix(name + "attn_output.weight", rows: width, columns: queryWidth)
    biases =
      configuration.architecture.hasBiases
      ? Biases(
        query: try reader.floats(name + "attn_q.bias", [queryWidth]), key: try reader.floats(name + "attn_k.bias", [keyValueWidth]),
        value: try reader.floats(name + "attn_v.bias", [keyValueWidth])) : nil
    // A scale of the queries is one of their norm's weights: RoPE only turns them.
    norms =
      configuration.architecture.normalizesHeads
      ? HeadNorms(
        query: try reader.floats(name + "attn_q_norm.weight", [configuration.headSize]).map { $0 * configuration.queryScale },
        key: try reader.floats(name + "attn_k_norm.weight", [configuration.headSize])) : nil
  }
}

/// A gated convolution over the last few positions, each channel on its own (LFM2): output · (c ⊙ conv(b ⊙ x)), where b, c and x are the
/// thirds of input · h.
final class ShortConvolution: Sendable {
  let input: WeightMatrix
  /// (taps, width), the position's own last.
  let weights: [Float]
  let output: WeightMatrix

  fileprivate init(_ name: String, configuration: ModelConfiguration, reader: inout WeightReader) throws(InferenceError) {
    let (width, taps) = (configuration.width, configuration.convolutionTapCount)
    input = try reader.matrix(name + "shortconv.in_proj.weight", rows: 3 * width, columns: width)
    let stored = try reader.floats(name + "shortconv.conv.weight", [taps, width])
    weights = (0..<taps).flatMap { tap in (0..<width).map { stored[$0 * taps + tap] } }
    output = try reader.matrix(name + "shortconv.out_proj.weight", rows: width, columns: width)
  }
}
