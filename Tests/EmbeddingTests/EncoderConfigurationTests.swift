import Embedding
import Foundation
import Testing

/// What a folder says of its model is believed only where Quarry computes just that; a model that is nearly right would give bad vectors in silence.
@Suite struct EncoderConfigurationTests {
  private static let configuration = """
    {"model_type":"bert","num_hidden_layers":6,"hidden_size":384,"num_attention_heads":12,"intermediate_size":1536,"vocab_size":30522,
    "max_position_embeddings":512
    """

  /// The configuration with some members set to others.
  private static func changed(_ rest: String) throws -> String {
    let members = try #require(JSONSerialization.jsonObject(with: Data((configuration + "}").utf8)) as? [String: Any])
    let others = try #require(JSONSerialization.jsonObject(with: Data(("{" + rest.dropFirst()).utf8)) as? [String: Any])
    return try String(decoding: JSONSerialization.data(withJSONObject: members.merging(others) { $1 }), as: UTF8.self)
  }

  /// The reason for which a folder of these files is refused.
  private static func refusal(_ files: [String: String]) throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/encoder-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, content) in files {
      let path = folder + "/" + name
      try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try content.write(toFile: path, atomically: false, encoding: .utf8)
    }
    do {
      _ = try Embedder(directory: folder)
      return "none"
    } catch let error {
      return error.why ?? ""
    }
  }

  @Test(arguments: [
    (#","position_embedding_type":"relative_key"}"#, "its position_embedding_type is relative_key"),
    (#","hidden_act":"relu"}"#, "its hidden_act is relu"),
    (#","model_type":"nomic_bert","hidden_act":"gelu"}"#, "its activation is gelu"),
    (#","model_type":"nomic_bert","prenorm":true}"#, "it has prenorm"),
    (#","model_type":"nomic_bert","rotary_emb_fraction":0.5}"#, "its rotary_emb_fraction is 0.5"),
    (#","model_type":"nomic_bert","rope_parameters":{"rope_type":"yarn"}}"#, "its rope_type is yarn"),
    (#","model_type":"nomic_bert","rope_parameters":{"rope_theta":0}}"#, "its rotation does not fit its heads"),
    (#","model_type":"xlm-roberta"}"#, "its model_type is xlm-roberta"),
    (#","num_attention_heads":7}"#, "its sizes do not fit together"),
    (#","hidden_size":9999999999}"#, "its sizes do not fit together"),
  ])
  func modelsThatComputeOtherwise(rest: String, reason: String) throws {
    #expect(try Self.refusal(["config.json": Self.changed(rest)]) == reason)
  }

  @Test(arguments: [
    "{}", #"{"pooling_mode_lasttoken":true}"#, #"{"pooling_mode_cls_token":true,"pooling_mode_max_tokens":true}"#,
    #"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}"#,
    #"{"pooling_mode_max_tokens":true,"pooling_mode_mean_tokens":true}"#,
  ])
  func otherPooling(pooling: String) throws {
    let files = ["config.json": Self.configuration + "}", "1_Pooling/config.json": pooling]
    #expect(try Self.refusal(files) == "it pools otherwise than by the mean of all tokens or by [CLS]")
  }

  @Test(arguments: ["sentence_bert_config.json", "1_Pooling/config.json"])
  func brokenFilesBeside(name: String) throws {
    #expect(try Self.refusal(["config.json": Self.configuration + "}", name: "{"]).hasPrefix("it cannot be understood"))
  }

  /// Past the configuration, the weights are looked for.
  @Test(arguments: [#"{"pooling_mode_mean_tokens":true}"#, #"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}"#])
  func whatIsFineIsNoReason(pooling: String) throws {
    let files = [
      "config.json": Self.configuration + #","hidden_act":"gelu","position_embedding_type":"absolute"}"#,
      "1_Pooling/config.json": pooling, "sentence_bert_config.json": #"{"max_seq_length":256}"#,
    ]
    #expect(try Self.refusal(files).contains("model.safetensors"))
  }
}
