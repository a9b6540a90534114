import Foundation
import Inference
import Testing

import Evaluation

/// The same number as an independent decoder's; `Tests/Golden/README.md` says where they come from.
@Suite struct PerplexityTests {
  private struct Golden: Decodable {
    var file: String
    var text: String
    var context: Int
    var tokens: Int
    var scored: Int
    var perplexity: Double
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden")

  private static func model(_ file: String, _ keyValueType: KeyValueType = .f16) throws -> LanguageModel {
    try LanguageModel.load(path: folder.appendingPathComponent("inference/" + file).path, keyValueType: keyValueType)
  }

  @Test(arguments: KeyValueType.allCases) func perplexityIsThatOfAnIndependentDecoder(keyValueType: KeyValueType) throws {
    let rows = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: Self.folder.appendingPathComponent("evaluation/perplexity.json")))
    #expect(rows.count == 4)
    for row in rows {
      var reads: [Int] = []
      let found = try Perplexity.measure(try Self.model(row.file, keyValueType), text: row.text, context: row.context) { done, count in
        #expect(count == row.tokens / row.context * row.context)
        reads.append(done)
      }
      #expect(found.tokenCount == row.tokens)
      #expect(found.scoredTokenCount == row.scored)
      #expect(reads == (1...row.tokens / row.context).map { $0 * row.context })
      // The decoder rounds nothing. Here keys and values have 11 or 8 bits, and activations 8 before quantised weights.
      let tolerance = row.file.hasPrefix("tiny-f") && keyValueType == .f16 ? 0.0005 : 0.005
      #expect(abs(found.perplexity / row.perplexity - 1) < tolerance, "\(row.file): \(found.perplexity), independent \(row.perplexity)")
    }
  }

  @Test func evenLogitsArePerplexedByTheWholeVocabulary() {
    var score = Perplexity.Score()
    for token in Int32(0)..<20 { score.add(Perplexity.logProbability(of: token, logits: [Float](repeating: 7, count: 300))) }
    #expect(abs(score.perplexity - 300) < 1e-9)
    #expect(score.standardError < 1e-9)
  }

  @Test func largeLogitsDoNotOverflow() {
    #expect(abs(Perplexity.logProbability(of: 1, logits: [1000, 1000]) + 0.693_147_180_559_945) < 1e-12)
    #expect(Perplexity.logProbability(of: 1, logits: [1000, 0]) == -1000)
  }

  @Test func standardErrorIsThatOfTheMean() {
    var score = Perplexity.Score()
    for value in [-1.0, -2, -3, -4] { score.add(value) }
    #expect(abs(score.standardError - (1.25 / 3).squareRoot()) < 1e-12)
    #expect(abs(score.perplexity - exp(2.5)) < 1e-9)
  }

  @Test func shortTextsAndWrongChunksAreRefusedWithTheirNumbers() throws {
    let model = try Self.model("tiny-f32.gguf")
    let short = #expect(throws: EvaluationError.self) { try Perplexity.measure(model, text: "too short", context: 64) }
    #expect(short?.code == "short_text")
    #expect(short?.why?.contains("two chunks of 64") == true)
    for context in [0, 7, model.contextLength + 1] {
      let error = #expect(throws: EvaluationError.self) { try Perplexity.measure(model, text: "any", context: context) }
      #expect(error?.code == "context")
      #expect(error?.why?.contains("\(model.contextLength)") == true)
    }
  }

  /// A file may say that its model reads fewer tokens than a chunk needs.
  @Test(arguments: [UInt32(1), 7]) func modelsOfAFewTokensAreRefused(contextLength: UInt32) throws {
    var file = try Data(contentsOf: Self.folder.appendingPathComponent("inference/tiny-f32.gguf"))
    let key = try #require(file.range(of: Data("llama.context_length".utf8)))
    // The value's type, and the value.
    withUnsafeBytes(of: contextLength.littleEndian) { file.replaceSubrange(key.upperBound + 4..<key.upperBound + 8, with: $0) }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).gguf")
    defer { try? FileManager.default.removeItem(at: path) }
    try file.write(to: path)
    let model = try LanguageModel.load(path: path.path)
    #expect(model.contextLength == Int(contextLength))
    let error = #expect(throws: EvaluationError.self) { try Perplexity.measure(model, text: "any", context: 8) }
    #expect(error?.code == "context" && error?.remedy == "choose another model")
  }

  @Test func filesThatAreNoTextAreRefused() throws {
    for path in ["inference/tiny-f32.gguf", "inference", "none"] {
      let error = #expect(throws: EvaluationError.self) { try Perplexity.text(ofFile: Self.folder.appendingPathComponent(path).path) }
      #expect(error?.code == "text")
    }
  }
}
