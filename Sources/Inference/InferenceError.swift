import Diagnostics

/// A model that cannot be loaded, or a request that it cannot serve.
package struct InferenceError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  /// - Parameter underlying: What the model file's or the tokenizer's reader said.
  static func load(_ path: String, _ underlying: any ExplainedError) -> InferenceError {
    InferenceError(
      code: underlying.code, message: "could not load the model \(path)",
      why: [underlying.message, underlying.why].compactMap { $0 }.joined(separator: ": "), remedy: underlying.remedy)
  }

  static func architecture(_ name: String, in path: String) -> InferenceError {
    InferenceError(
      code: "architecture_unknown", message: "\(path) is of the architecture \(name), which Quarry does not know", why: nil,
      remedy: "known are: " + Architecture.known.map { "\($0.name) (\($0.models))" }.joined(separator: ", "))
  }

  static func type(_ name: String, ofTensor tensor: String, in path: String) -> InferenceError {
    InferenceError(
      code: "tensor_type_unknown", message: "the tensor \(tensor) of \(path) is stored as \(name), which Quarry cannot compute with", why: nil,
      remedy: "known are: \(WeightMatrix.knownTypeNames.joined(separator: ", "))")
  }

  static func configuration(_ path: String, _ reason: String) -> InferenceError {
    InferenceError(
      code: "model_configuration", message: "\(path) cannot be computed", why: reason, remedy: "use another conversion of the model")
  }

  static func tooLarge(_ path: String, weightByteCount: Int, memoryByteCount: Int) -> InferenceError {
    InferenceError(
      code: "model_too_large", message: "\(path) does not fit into memory",
      why: "its weights take \(weightByteCount >> 20) MiB, and this machine has \(memoryByteCount >> 20) MiB",
      remedy: "use a smaller model, or a conversion with fewer bits")
  }

  package static func promptTooLong(_ count: Int, limit: Int) -> InferenceError {
    InferenceError(
      code: "prompt_too_long", message: "the prompt has \(count) tokens", why: "the model reads \(limit) at most, its answer included",
      remedy: "ask about fewer passages (--passages), or use a model with a longer context")
  }

  static func keyValueMemory(_ byteCount: Int, neededByteCount: Int) -> InferenceError {
    InferenceError(
      code: "kv_memory_too_small", message: "\(byteCount >> 20) MiB for keys and values are too few",
      why: "this model needs \(neededByteCount >> 20 + 1) MiB at least, for 256 tokens", remedy: "give it more (--kv-memory)")
  }

  static func keyValueMemory(tokenCount: Int, limit: Int) -> InferenceError {
    InferenceError(
      code: "kv_memory_too_small", message: "the prompt and its answer have \(tokenCount) tokens",
      why: "the memory for keys and values holds \(limit) of one request", remedy: "ask for less, or give the engine more memory (--kv-memory)")
  }

  static func draftVocabulary(_ draft: String, _ model: String) -> InferenceError {
    InferenceError(
      code: "draft_vocabulary", message: "\(draft) cannot guess for \(model)", why: "their vocabularies differ",
      remedy: "take a smaller model of the same family, or none")
  }

  static func busy(_ limit: Int) -> InferenceError {
    InferenceError(code: "engine_busy", message: "too many requests wait already", why: "\(limit) may", remedy: "try again in a moment")
  }

  static func notANumber(_ path: String) -> InferenceError {
    InferenceError(
      code: "model_numbers", message: "the model \(path) computes nothing usable", why: "none of its logits is a finite number",
      remedy: "the file may be damaged: quarry models verify, or fetch it again")
  }

  static let emptyPrompt = InferenceError(code: "prompt_empty", message: "there is nothing to continue", why: "the prompt has no tokens", remedy: nil)
}
