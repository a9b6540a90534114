import Foundation
import Testing

/// `quarry bench` from outside: what it prints and refuses. Speed is not tested here.
@Suite struct BenchCommandTests {
  private static let model = QuarryProcess.checkout + "/Tests/Golden/inference/tiny-q4_1.gguf"
  private static let text = QuarryProcess.checkout + "/Tests/Golden/README.md"

  @Test(arguments: ["f16", "q8"]) func perplexityOfAFileIsJSON(keyValueType: String) async throws {
    let result = try await QuarryProcess.run("bench", "perplexity", Self.model, Self.text, "--context", "64", "--kv", keyValueType, "--json")
    #expect(result.status == 0)
    let json = try result.json
    #expect(Set(json.keys) == ["chunk_losses", "context", "perplexity", "scored_tokens", "seconds", "standard_error", "tokens"])
    let tokens = try #require(json["tokens"] as? Int)
    #expect(json["scored_tokens"] as? Int == tokens / 64 * 31)
    let perplexity = try #require(json["perplexity"] as? Double)
    #expect(perplexity > 1)
    let losses = try #require(json["chunk_losses"] as? [Double])
    #expect(losses.count == tokens / 64)
    #expect(abs(losses.reduce(0, +) / Double(losses.count) - log(perplexity)) < 1e-9)
  }

  /// Whole models at every level of this processor, not only the best one: the same figure but for the last digits.
  @Test func everyLevelComputesTheSame() async throws {
    var perplexities: [Double] = []
    for level in ["scalar", "avx2", "best"] {
      let result = try await QuarryProcess.run(
        "bench", "perplexity", Self.model, Self.text, "--context", "64", "--json", environment: ["QUARRY_CPU": level])
      perplexities.append(try #require(try result.json["perplexity"] as? Double, "\(result.errors)"))
    }
    #expect(perplexities.allSatisfy { abs($0 / perplexities[0] - 1) < 1e-3 }, "\(perplexities)")
  }

  @Test func perplexityOfTooLittleSaysHowMuchIsNeeded() async throws {
    let result = try await QuarryProcess.run("bench", "perplexity", Self.model, QuarryProcess.checkout + "/.gitignore", "--context", "256")
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("two chunks of 256"))
    #expect(result.errors.contains("try:"))
  }

  @Test func perplexityNamesTheFileThatIsMissing() async throws {
    let text = try await QuarryProcess.run("bench", "perplexity", Self.model, "/no/such/text")
    #expect(text.status == 1 && text.errors.contains("/no/such/text"))
    let folder = try await QuarryProcess.run("bench", "perplexity", Self.model, QuarryProcess.checkout + "/Tests")
    #expect(folder.status == 1 && folder.errors.contains("it is a folder"))
    let model = try await QuarryProcess.run("bench", "perplexity", "/no/such/model.gguf", Self.text)
    #expect(model.status == 1 && model.errors.contains("/no/such/model.gguf"))
  }

  @Test(arguments: [["engine", "--only", "everything"], ["engine", "--kv", "q3"], ["perplexity"], ["perplexity", "a", "b", "--kv", "f64"]])
  func wrongUsageEndsWithTwo(arguments: [String]) async throws {
    let result = try await QuarryProcess.run(["bench"] + arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
  }
}
