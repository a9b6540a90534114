import Foundation

/// Sizes from `config.json`, the token limit from `sentence_bert_config.json`, pooling from `1_Pooling`.
extension EncoderConfiguration {
  /// The files beside the weights that say what a text's vector is; some may be missing.
  static let files = ["config.json", "tokenizer.json", "sentence_bert_config.json", "1_Pooling/config.json"]

  /// Names of the same thing in BERT's files, and in those that Nomic's own code writes.
  private struct File: Decodable {
    struct Rope: Decodable {
      var rope_theta: Double?
      var rope_type: String?
    }
    var model_type: String
    var num_hidden_layers: Int?
    var n_layer: Int?
    var hidden_size: Int?
    var n_embd: Int?
    var num_attention_heads: Int?
    var n_head: Int?
    var intermediate_size: Int?
    var n_inner: Int?
    var vocab_size: Int
    var max_position_embeddings: Int?
    var max_trained_positions: Int?
    var n_positions: Int?
    var layer_norm_eps: Double?
    var layer_norm_epsilon: Double?
    var hidden_act: String?
    var activation_function: String?
    var position_embedding_type: String?
    var rope_parameters: Rope?
    var rotary_emb_base: Double?
    var rotary_emb_fraction: Double?
    var rotary_emb_interleaved: Bool?
    var prenorm: Bool?
    var use_rms_norm: Bool?
  }

  private struct SentenceFile: Decodable { var max_seq_length: Int? }

  private struct PoolingFile: Decodable {
    var pooling_mode_mean_tokens: Bool?
    var pooling_mode_cls_token: Bool?
    var pooling_mode_max_tokens: Bool?
    var pooling_mode_mean_sqrt_len_tokens: Bool?
    var pooling_mode_weightedmean_tokens: Bool?
    var pooling_mode_lasttoken: Bool?
  }

  init(directory: String) throws(EmbeddingError) {
    let path = directory + "/config.json"
    guard let file = try Self.read(File.self, path) else { throw .configuration(path, "the file is not there") }
    let limit: Int
    switch file.model_type {
    case "bert":
      guard file.hidden_act ?? "gelu" == "gelu" else { throw .configuration(path, "its hidden_act is \(file.hidden_act ?? "")") }
      guard file.position_embedding_type ?? "absolute" == "absolute" else {
        throw .configuration(path, "its position_embedding_type is \(file.position_embedding_type ?? "")")
      }
      limit = file.max_position_embeddings ?? 0
      positions = .learned(count: limit)
      isGated = false
    case "nomic_bert":
      if let reason = Self.difference(ofNomic: file) { throw .configuration(path, reason) }
      limit = file.max_position_embeddings ?? file.max_trained_positions ?? file.n_positions ?? 0
      positions = .rotary(base: file.rope_parameters?.rope_theta ?? file.rotary_emb_base ?? 1000)
      isGated = true
    default: throw .configuration(path, "its model_type is \(file.model_type)")
    }
    layerCount = file.num_hidden_layers ?? file.n_layer ?? 0
    width = file.hidden_size ?? file.n_embd ?? 0
    headCount = file.num_attention_heads ?? file.n_head ?? 0
    feedForwardWidth = file.intermediate_size ?? file.n_inner ?? 0
    vocabularySize = file.vocab_size
    layerNormEpsilon = Float(file.layer_norm_eps ?? file.layer_norm_epsilon ?? 1e-12)
    pooling = try Self.pooling(directory + "/1_Pooling/config.json")
    let stated = try Self.read(SentenceFile.self, directory + "/sentence_bert_config.json")?.max_seq_length
    tokenLimit = max(Self.tokenLimits.lowerBound, min(stated ?? limit, limit, Self.tokenLimits.upperBound))
    try check(path)
  }

  /// In what a model of Nomic's kind computes otherwise than the ones that Quarry knows.
  private static func difference(ofNomic file: File) -> String? {
    let activation = file.hidden_act ?? file.activation_function ?? "swiglu"
    if !["silu", "swiglu"].contains(activation) { return "its activation is \(activation)" }
    if let type = file.rope_parameters?.rope_type, type != "default" { return "its rope_type is \(type)" }
    if let fraction = file.rotary_emb_fraction, fraction != 1 { return "its rotary_emb_fraction is \(fraction)" }
    if file.rotary_emb_interleaved == true { return "it has rotary_emb_interleaved" }
    if file.prenorm == true { return "it has prenorm" }
    if file.use_rms_norm == true { return "it has use_rms_norm" }
    return nil
  }

  /// A model that was trained to be read at [CLS] gives vectors under mean pooling too, only bad ones: nobody would notice.
  private static func pooling(_ path: String) throws(EmbeddingError) -> Pooling {
    guard let file = try read(PoolingFile.self, path) else { return .mean }
    let others = [
      file.pooling_mode_max_tokens, file.pooling_mode_mean_sqrt_len_tokens, file.pooling_mode_weightedmean_tokens, file.pooling_mode_lasttoken,
    ]
    switch (file.pooling_mode_mean_tokens ?? false, file.pooling_mode_cls_token ?? false, others.contains(true)) {
    case (true, false, false): return .mean
    case (false, true, false): return .classification
    default: throw .configuration(path, "it pools otherwise than by the mean of all tokens or by [CLS]")
    }
  }

  /// What a JSON file says; nil when there is none.
  private static func read<Content: Decodable>(_ type: Content.Type, _ path: String) throws(EmbeddingError) -> Content? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw .configuration(path, "it cannot be understood: \(error)")
    }
  }
}
