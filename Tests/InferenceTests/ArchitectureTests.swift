import Foundation
import Inference
import ModelFile
import Testing
import Tokenizer

/// Every architecture on a tiny random model, against `transformers`; `Tests/Golden/README.md` says how they were made.
@Suite struct ArchitectureTests {
  static let names = ["llama3", "qwen2", "qwen3-yarn", "gemma3", "lfm2", "smollm3"]
  static let folder = URL(fileURLWithPath: GoldenModels.folder).deletingLastPathComponent().appendingPathComponent("architectures").path

  static func path(_ name: String) -> String { "\(folder)/\(name).gguf" }

  private struct Golden: Decodable {
    var tokens: [TokenID]
    var positions: [Int]
    var logits: [[Float]]
  }

  /// Weights are the same numbers, activations are floats, and keys, values and convolution inputs are rounded to half precision in both: most
  /// logits agree to 3e-6. Where a number lies between two halves they may round it differently; measured: up to 3.2e-4. Without any rounding
  /// `transformers` is up to 9e-3 away, so a tolerance below that shows what a wrong constant does.
  @Test(arguments: names)
  func logitsAreThoseOfTransformers(name: String) throws {
    let model = try LanguageModel.load(path: Self.path(name))
    let rows = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name).json")))
    #expect(rows.contains { $0.tokens.count > 128 }, "too short for the window and for two blocks of the cache")
    for row in rows {
      let logits = model.logits(of: row.tokens)
      for (position, expected) in zip(row.positions, row.logits) {
        let off = zip(logits[position], expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(off < 1e-3, "\(name), position \(position) of \(row.tokens.count): off by \(off)")
      }
    }
  }
}
