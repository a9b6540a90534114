import Foundation

/// A BERT encoder's sizes, from `config.json`, and its token limit, from `sentence_bert_config.json`; `1_Pooling` must say mean, if it is there.
struct EncoderConfiguration {
  let layerCount: Int
  let width: Int
  let headCount: Int
  let feedForwardWidth: Int
  let vocabularySize: Int
  let positionCount: Int
  let layerNormEpsilon: Float
  /// Tokens of one text at most, special ones included.
  let tokenLimit: Int

  var headSize: Int { width / headCount }

  /// The files beside the weights that say what a text's vector is; some may be missing.
  static let files = ["config.json", "tokenizer.json", "sentence_bert_config.json", "1_Pooling/config.json"]

  private struct File: Decodable {
    var model_type: String
    var num_hidden_layers: Int
    var hidden_size: Int
    var num_attention_heads: Int
    var intermediate_size: Int
    var vocab_size: Int
    var max_position_embeddings: Int
    var layer_norm_eps: Double?
    var hidden_act: String?
    var position_embedding_type: String?
  }

  private struct SentenceFile: Decodable { var max_seq_length: Int? }

  private struct PoolingFile: Decodable {
    var pooling_mode_mean_tokens: Bool
    var pooling_mode_cls_token: Bool?
    var pooling_mode_max_tokens: Bool?
  }

  init(directory: String) throws(EmbeddingError) {
    let path = directory + "/config.json"
    guard let file = try Self.read(File.self, path) else { throw .configuration(path, "the file is not there") }
    guard file.model_type == "bert" else { throw .configuration(path, "its model_type is \(file.model_type)") }
    guard file.hidden_act ?? "gelu" == "gelu" else { throw .configuration(path, "its hidden_act is \(file.hidden_act ?? "")") }
    guard file.position_embedding_type ?? "absolute" == "absolute" else {
      throw .configuration(path, "its position_embedding_type is \(file.position_embedding_type ?? "")")
    }
    guard (1...512).contains(file.num_hidden_layers), (8...16_384).contains(file.hidden_size), (1...512).contains(file.num_attention_heads),
      (8...65_536).contains(file.intermediate_size), (1...10_000_000).contains(file.vocab_size),
      (3...1_000_000).contains(file.max_position_embeddings),
      file.hidden_size % file.num_attention_heads == 0
    else { throw .configuration(path, "its sizes do not fit together") }
    layerCount = file.num_hidden_layers
    width = file.hidden_size
    headCount = file.num_attention_heads
    feedForwardWidth = file.intermediate_size
    vocabularySize = file.vocab_size
    positionCount = file.max_position_embeddings
    layerNormEpsilon = Float(file.layer_norm_eps ?? 1e-12)
    try Self.checkPooling(directory + "/1_Pooling/config.json")
    let limit = try Self.read(SentenceFile.self, directory + "/sentence_bert_config.json")?.max_seq_length
    tokenLimit = max(3, min(limit ?? file.max_position_embeddings, file.max_position_embeddings))
  }

  /// A model that was trained to be read at [CLS] gives vectors under mean pooling too, only bad ones: nobody would notice.
  private static func checkPooling(_ path: String) throws(EmbeddingError) {
    guard let pooling = try read(PoolingFile.self, path) else { return }
    guard pooling.pooling_mode_mean_tokens, pooling.pooling_mode_cls_token != true, pooling.pooling_mode_max_tokens != true else {
      throw .configuration(path, "it pools otherwise than by the mean of all tokens")
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
