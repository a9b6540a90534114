import Foundation
package import Inference
package import Tokenizer

/// How well a model foresees a text, as llama.cpp's `llama-perplexity` computes it, so that the two can be compared.
///
/// The text's tokens are cut into chunks of n; what is left at the end is not read. Each chunk is read alone, its first token replaced by the
/// beginning-of-text token if the model adds one. Tokens n/2 + 1 … n − 1 of a chunk, counted from 0, are scored, so that each has at least half a chunk before
/// it: n − n/2 − 1 of them. Perplexity = exp(−1/count · Σ ln p(token | the chunk before it)), summed in double precision.
package struct Perplexity: Sendable, Codable {
  package var perplexity: Double
  /// One standard error of the perplexity, from the spread of the scored tokens' log-probabilities.
  package var standardError: Double
  package var tokenCount: Int
  package var scoredTokenCount: Int
  /// Tokens of a chunk.
  package var context: Int
  package var seconds: Double
  /// Each chunk's mean of −ln p, so that two programs can be compared chunk by chunk.
  package var chunkLosses: [Double]

  enum CodingKeys: String, CodingKey {
    case perplexity
    case standardError = "standard_error"
    case tokenCount = "tokens"
    case scoredTokenCount = "scored_tokens"
    case context, seconds
    case chunkLosses = "chunk_losses"
  }

  /// - Parameters:
  ///   - context: Tokens of a chunk, at least 8 and at most what the model was trained on.
  ///   - progress: Called after each chunk with the tokens read so far and all that will be.
  package static func measure(
    _ model: LanguageModel, text: String, context: Int, progress: (_ readCount: Int, _ count: Int) -> Void = { _, _ in }
  ) throws(EvaluationError) -> Perplexity {
    // A file may say that the model reads fewer than that.
    guard context >= 8, context <= model.contextLength else { throw .context(context, model.contextLength) }
    var tokens = model.tokenizer.encode(text)
    let begin = model.tokenizer.addsBeginOfText ? model.tokenizer.beginOfText : nil
    if let begin { tokens.insert(begin, at: 0) }
    guard tokens.count >= 2 * context else { throw .shortText(tokens.count, context) }

    let start = ContinuousClock.now
    let count = tokens.count / context * context
    var score = Score()
    var losses: [Double] = []
    for first in stride(from: 0, to: count, by: context) {
      var chunk = Array(tokens[first..<first + context])
      if let begin { chunk[0] = begin }
      let logits = model.logits(of: chunk)
      let before = score
      for position in context / 2..<context - 1 { score.add(logProbability(of: chunk[position + 1], logits: logits[position])) }
      losses.append((before.sum - score.sum) / Double(score.count - before.count))
      guard score.sum.isFinite else { throw .notANumber(model.path) }
      progress(first + context, count)
    }
    return Perplexity(
      perplexity: score.perplexity, standardError: score.perplexity * score.standardError, tokenCount: tokens.count, scoredTokenCount: score.count,
      context: context, seconds: start.duration(to: .now) / .seconds(1), chunkLosses: losses)
  }

  /// The text of a file, to measure on.
  package static func text(ofFile path: String) throws(EvaluationError) -> String {
    // Pipes too, which have no size to ask for.
    guard let file = FileHandle(forReadingAtPath: path) else { throw .text(path, String(cString: strerror(errno))) }
    // A folder opens, and reading it fails with a number that says nothing.
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { throw .text(path, "it is a folder") }
    let data: Data
    do { data = try file.readToEnd() ?? Data() } catch { throw .text(path, error.localizedDescription) }
    guard let text = String(data: data, encoding: .utf8) else { throw .text(path, "it is not UTF-8") }
    return text
  }

  /// Natural logarithm of softmax(logits)[token].
  package static func logProbability(of token: TokenID, logits: [Float]) -> Double {
    let top = Double(logits.max() ?? 0)
    let sum = logits.reduce(0) { $0 + exp(Double($1) - top) }
    return Double(logits[Int(token)]) - top - log(sum)
  }

  /// Sums over the scored tokens' log-probabilities.
  package struct Score {
    package private(set) var count = 0
    package private(set) var sum = 0.0
    private var squareSum = 0.0

    package init() {}

    package mutating func add(_ logProbability: Double) {
      count += 1
      sum += logProbability
      squareSum += logProbability * logProbability
    }

    package var perplexity: Double { exp(-sum / Double(count)) }

    /// Of the mean log-probability.
    package var standardError: Double {
      guard count > 1 else { return 0 }
      let mean = sum / Double(count)
      return (max(0, squareSum / Double(count) - mean * mean) / Double(count - 1)).squareRoot()
    }
  }
}
