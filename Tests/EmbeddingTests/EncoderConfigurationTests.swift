import Embedding
import Foundation
import Testing

/// What a folder says of its model is believed only where Quarry computes just that; a model that is nearly right would give bad vectors in silence.
@Suite struct EncoderConfigurationTests {
  private static let configuration = """
    {"model_type":"bert","num_hidden_layers":6,"hidden_size":384,"num_attention_heads":12,"intermediate_size":1536,"vocab_size":30522,
    "max_position_embeddings":512
    """

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
  ])
  func modelsThatComputeOtherwise(rest: String, reason: String) throws {
    #expect(try Self.refusal(["config.json": Self.configuration + rest]) == reason)
  }

  @Test(arguments: [
    #"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}"#,
    #"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}"#,
    #"{"pooling_mode_max_tokens":true,"pooling_mode_mean_tokens":true}"#,
  ])
  func otherPooling(pooling: String) throws {
    let files = ["config.json": Self.configuration + "}", "1_Pooling/config.json": pooling]
    #expect(try Self.refusal(files) == "it pools otherwise than by the mean of all tokens")
  }

  @Test(arguments: ["sentence_bert_config.json", "1_Pooling/config.json"])
  func brokenFilesBeside(name: String) throws {
    #expect(try Self.refusal(["config.json": Self.configuration + "}", name: "{"]).hasPrefix("it cannot be understood"))
  }

  /// Past the configuration, the weights are looked for.
  @Test func whatIsFineIsNoReason() throws {
    let files = [
      "config.json": Self.configuration + #","hidden_act":"gelu","position_embedding_type":"absolute"}"#,
      "1_Pooling/config.json": #"{"pooling_mode_mean_tokens":true}"#, "sentence_bert_config.json": #"{"max_seq_length":256}"#,
    ]
    #expect(try Self.refusal(files).contains("model.safetensors"))
  }
}
