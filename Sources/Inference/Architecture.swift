/// What sets one family of decoders apart from the others, beyond the numbers that its files carry.
///
/// All are the same stack on a residual stream: norm, attention (or a short convolution), norm, gated feed-forward. Where a family agrees with
/// llama, its entry in `known` says nothing.
struct Architecture: Sendable {
  /// Which elements of a head RoPE turns together.
  enum RopeStyle { case adjacentPairs, halves }

  /// What the gate of the feed-forward part goes through.
  enum Activation { case silu, gelu }

  /// How layers of one model differ.
  enum Pattern {
    case uniform
    /// The last layer of each `period` sees every position; the others see a window, and turn by `localRopeBase`.
    case slidingWindow(period: Int, localRopeBase: Double)
    /// The last layer of each `period` has no RoPE.
    case withoutRope(period: Int)
    /// Layers without KV heads are short convolutions.
    case shortConvolution
  }

  /// `general.architecture` of its files.
  let name: String
  /// Models of the family, for messages.
  let models: String
  var ropeStyle = RopeStyle.halves
  /// Queries, keys and values have a bias.
  var hasBiases = false
  /// Queries and keys are normalised, head by head, before RoPE.
  var normalizesHeads = false
  /// What attention and feed-forward give is normalised before it is added to the stream.
  var hasPostNorms = false
  var activation = Activation.silu
  /// Embeddings are multiplied by √width.
  var scalesEmbedding = false
  var pattern = Pattern.uniform
  var outputNormName = "output_norm.weight"

  static let known = [
    Architecture(name: "llama", models: "Llama 2 and 3, SmolLM2, TinyLlama, Mistral …", ropeStyle: .adjacentPairs),
    Architecture(name: "qwen2", models: "Qwen 2 and 2.5", hasBiases: true),
    Architecture(name: "qwen3", models: "Qwen 3", normalizesHeads: true),
    Architecture(
      name: "gemma3", models: "Gemma 3", normalizesHeads: true, hasPostNorms: true, activation: .gelu, scalesEmbedding: true,
      pattern: .slidingWindow(period: 6, localRopeBase: 10_000)),
    Architecture(name: "lfm2", models: "LFM2", normalizesHeads: true, pattern: .shortConvolution, outputNormName: "token_embd_norm.weight"),
    Architecture(name: "smollm3", models: "SmolLM3", ropeStyle: .adjacentPairs, pattern: .withoutRope(period: 4)),
  ]
}
