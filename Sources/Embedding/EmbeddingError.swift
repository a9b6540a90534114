import Diagnostics

/// An encoder that cannot be loaded.
package struct EmbeddingError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  /// - Parameter underlying: What the model file's or the tokenizer's reader said.
  static func load(_ directory: String, _ underlying: any ExplainedError) -> EmbeddingError {
    EmbeddingError(
      code: underlying.code, message: "could not load the embedder from \(directory)",
      why: [underlying.message, underlying.why].compactMap { $0 }.joined(separator: ": "), remedy: underlying.remedy)
  }

  static func notANumber(_ model: String) -> EmbeddingError {
    EmbeddingError(
      code: "embedder_numbers", message: "the embedder \(model) computes nothing usable", why: "a vector of its has elements that are no numbers",
      remedy: "its file may be damaged: quarry models verify, then quarry models fetch --force")
  }

  static func configuration(_ path: String, _ reason: String) -> EmbeddingError {
    EmbeddingError(
      code: "embedder_configuration", message: "\(path) does not describe an encoder that Quarry knows", why: reason,
      remedy:
        "known are bert and nomic_bert (folders with safetensors), bert and nomic-bert (GGUF), with mean or [CLS] pooling: all-MiniLM, bge, gte, nomic-embed …"
    )
  }
}
