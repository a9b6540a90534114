import Foundation

/// A BERT encoder's sizes, from `config.json`, and its token limit, from `sentence_bert_config.json`.
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
  }

  private struct SentenceFile: Decodable { var max_seq_length: Int }

  init(directory: String) throws(EmbeddingError) {
    let path = directory + "/config.json"
    guard let data = FileManager.default.contents(atPath: path) else { throw .configuration(path, "the file is not there") }
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: data)
    } catch {
      throw .configuration(path, "it cannot be understood: \(error)")
    }
    guard file.model_type == "bert" else { throw .configuration(path, "its model_type is \(file.model_type)") }
    guard file.hidden_act ?? "gelu" == "gelu" else { throw .configuration(path, "its hidden_act is \(file.hidden_act ?? "")") }
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
    let limit = FileManager.default.contents(atPath: directory + "/sentence_bert_config.json")
      .flatMap { try? JSONDecoder().decode(SentenceFile.self, from: $0) }?.max_seq_length
    tokenLimit = max(3, min(limit ?? file.max_position_embeddings, file.max_position_embeddings))
  }
}
