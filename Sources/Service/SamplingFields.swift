import Inference
import Tokenizer

/// The fields that say how the next word is chosen: the same on every route that generates.
///
/// The names are OpenAI's; `top_k`, `min_p` and `repetition_penalty` are what other servers call theirs.
struct SamplingFields: Decodable, Sendable {
  let temperature: Double?
  let topK: Int?
  let topP: Double?
  let minP: Double?
  let repetitionPenalty: Double?
  let presencePenalty: Double?
  let frequencyPenalty: Double?
  let logitBias: [String: Double]?
  let seed: Seed?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case temperature, seed
    case topK = "top_k"
    case topP = "top_p"
    case minP = "min_p"
    case repetitionPenalty = "repetition_penalty"
    case presencePenalty = "presence_penalty"
    case frequencyPenalty = "frequency_penalty"
    case logitBias = "logit_bias"
  }

  /// Any whole number of 64 bits, with a sign or without.
  struct Seed: Decodable, Sendable {
    let number: UInt64

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      number = try (try? UInt64(bitPattern: value.decode(Int64.self))) ?? value.decode(UInt64.self)
    }
  }

  /// - Throws: `ServiceError` that names the field out of its range. Whether a token is in the vocabulary is for the engine to say.
  func parameters() throws -> SamplingParameters {
    var parameters = SamplingParameters()
    func checked(_ value: Double?, _ range: ClosedRange<Double>, _ key: CodingKeys) throws -> Double? {
      try FieldCheck.range(value, range, field: key.rawValue)
    }
    parameters.temperature = try checked(temperature, 0...2, .temperature) ?? parameters.temperature
    // Other servers mean all tokens by 0.
    parameters.topK = try FieldCheck.range(topK, 0...1_000_000, field: CodingKeys.topK.rawValue).flatMap { $0 == 0 ? nil : $0 }
    // OpenAI allows 0, which leaves the likeliest token: so does the least number above it.
    parameters.topP = try checked(topP, 0...1, .topP).map { max($0, .leastNormalMagnitude) } ?? parameters.topP
    parameters.minP = try checked(minP, 0...1, .minP) ?? parameters.minP
    parameters.repetitionPenalty = try checked(repetitionPenalty, 0.01...10, .repetitionPenalty) ?? parameters.repetitionPenalty
    parameters.presencePenalty = try checked(presencePenalty, -2...2, .presencePenalty) ?? parameters.presencePenalty
    parameters.frequencyPenalty = try checked(frequencyPenalty, -2...2, .frequencyPenalty) ?? parameters.frequencyPenalty
    for (key, bias) in logitBias ?? [:] {
      let field = "\(CodingKeys.logitBias.rawValue).\(key)"
      // One spelling for a number, so that no token comes twice.
      guard let token = TokenID(key), token >= 0, String(token) == key else {
        throw ServiceError.field(field, "the names in it have to be numbers of tokens")
      }
      parameters.logitBias[token] = try FieldCheck.range(bias, -100...100, field: field).map(Float.init)
    }
    parameters.seed = seed?.number ?? 0
    return parameters
  }
}
