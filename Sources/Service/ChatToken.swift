import Inference
import Tokenizer

/// A token with the logarithm of the probability that the model gave it, in OpenAI's form.
package struct ChatToken: Sendable, Encodable {
  /// Its part of the text, which may begin or end within a character; none for control tokens.
  package var bytes: [UInt8]
  package var logProbability: Float
  /// The likeliest tokens in its place, likeliest first; `nil` for one of those.
  package var likeliest: [ChatToken]?

  package init(bytes: [UInt8], logProbability: Float, likeliest: [ChatToken]? = nil) {
    self.bytes = bytes
    self.logProbability = logProbability
    self.likeliest = likeliest
  }

  enum CodingKeys: String, CodingKey {
    case token, bytes
    case logProbability = "logprob"
    case likeliest = "top_logprobs"
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(String(decoding: bytes, as: UTF8.self), forKey: .token)
    // Null says that a token stands for no bytes.
    try container.encode(bytes.isEmpty ? nil : bytes, forKey: .bytes)
    // OpenAI's number for what is next to impossible; JSON has no infinity.
    try container.encode(max(logProbability, -9999), forKey: .logProbability)
    try container.encodeIfPresent(likeliest, forKey: .likeliest)
  }
}

extension ChatToken {
  /// `nil` when no log-probabilities were asked for.
  init?(_ generated: GeneratedToken, _ tokenizer: any TextTokenizer) {
    guard let logProbability = generated.logProbability else { return nil }
    let likeliest = generated.likeliest.map { ChatToken(bytes: tokenizer.bytes(of: $0.token), logProbability: $0.value) }
    self.init(bytes: generated.bytes, logProbability: logProbability, likeliest: likeliest)
  }
}

/// The field `logprobs` of a choice.
struct ChatLogProbabilities: Encodable {
  let content: [ChatToken]
}
