/// What a kind of file calls an encoder's tensors. Names of a layer's begin with `layer` and its number; linear parts and norms have a `.weight`
/// and may have a `.bias`.
struct EncoderTensorNames {
  let words: String
  let types: String
  let positions: String
  let embeddingNorm: String
  let layer: String
  /// Query, key and value: together, or one by one.
  let attention: [String]
  let attentionOutput: String
  let attentionNorm: String
  let up: String
  let gate: String
  let down: String
  let outputNorm: String

  /// Checkpoints of BERT (Devlin et al. 2018).
  static let bert = EncoderTensorNames(
    words: "embeddings.word_embeddings.weight", types: "embeddings.token_type_embeddings.weight",
    positions: "embeddings.position_embeddings.weight", embeddingNorm: "embeddings.LayerNorm", layer: "encoder.layer.",
    attention: ["attention.self.query", "attention.self.key", "attention.self.value"], attentionOutput: "attention.output.dense",
    attentionNorm: "attention.output.LayerNorm", up: "intermediate.dense", gate: "", down: "output.dense", outputNorm: "output.LayerNorm")

  /// Checkpoints of Nomic Embed (Nussbaum et al. 2024).
  static let nomic = EncoderTensorNames(
    words: "embeddings.word_embeddings.weight", types: "embeddings.token_type_embeddings.weight", positions: "", embeddingNorm: "emb_ln",
    layer: "encoder.layers.", attention: ["attn.Wqkv"], attentionOutput: "attn.out_proj", attentionNorm: "norm1", up: "mlp.fc11",
    gate: "mlp.fc12", down: "mlp.fc2", outputNorm: "norm2")

  /// GGUF files.
  static func gguf(isFused: Bool) -> EncoderTensorNames {
    EncoderTensorNames(
      words: "token_embd.weight", types: "token_types.weight", positions: "position_embd.weight", embeddingNorm: "token_embd_norm", layer: "blk.",
      attention: isFused ? ["attn_qkv"] : ["attn_q", "attn_k", "attn_v"], attentionOutput: "attn_output", attentionNorm: "attn_output_norm",
      up: "ffn_up", gate: "ffn_gate", down: "ffn_down", outputNorm: "layer_output_norm")
  }
}
