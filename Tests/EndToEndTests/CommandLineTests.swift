import Foundation
import Testing

/// Everything that a user does on the command line, through the real binary, the real models and a real index.
@Suite struct CommandLineTests {
  @Test func helpNamesEveryCommandAndEndsWithZero() async throws {
    let help = try await QuarryProcess.run("--help")
    #expect(help.status == 0)
    for command in ["ingest", "ask", "search", "status", "remove", "serve", "models", "eval", "bench"] { #expect(help.output.contains(command)) }
  }

  @Test(arguments: [["frobnicate"], ["ask"], ["search", "x", "--limit", "0"], ["ask", "x", "--answer", "loudly"], ["remove"]])
  func wrongUsageEndsWithTwo(arguments: [String]) async throws {
    let result = try await QuarryProcess.run(arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("Usage") || result.errors.contains("Error"))
  }

  @Test func wrongUsageIsJSONForMachines() async throws {
    let result = try await QuarryProcess.run("ask", "--json")
    #expect(result.status == 2)
    let error = try #require(try result.json["error"] as? [String: Any])
    #expect(error["code"] as? String == "usage")
  }

  @Test func completionsAreGenerated() async throws {
    for shell in ["bash", "zsh", "fish"] {
      let script = try await QuarryProcess.run("--generate-completion-script", shell)
      #expect(script.status == 0)
      #expect(script.output.contains("ingest"))
    }
  }

  @Test func missingIndexSaysWhatToDo() async throws {
    let folder = try TemporaryFolder()
    for command in [["ask", "why?"], ["search", "why"], ["status"]] {
      let result = try await QuarryProcess.run(command + ["--index", folder.path + "/none"])
      #expect(result.status == 1)
      #expect(result.errors.hasPrefix("error: "))
      #expect(result.errors.contains("try:"))
      #expect(result.output.isEmpty)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"), "asking makes no index")
  }

  @Test func missingModelSaysHowToFetchIt() async throws {
    let folder = try TemporaryFolder()
    try folder.write("# A\n\nText.\n", to: "docs/a.md")
    let result = try await QuarryProcess.run(
      "ingest", folder.path + "/docs", "--index", folder.path + "/index", "--json", environment: ["QUARRY_MODELS": folder.path + "/models"])
    #expect(result.status == 1)
    let error = try #require(try result.json["error"] as? [String: Any])
    #expect(error["code"] as? String == "model_missing")
    #expect(error["try"] as? String == "quarry models fetch")
  }

  @Test func missingFolderIsAnError() async throws {
    let folder = try TemporaryFolder()
    let result = try await QuarryProcess.run("ingest", folder.path + "/none", "--index", folder.path + "/index")
    #expect(result.status == 1)
    #expect(result.errors.contains("there is nothing at"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/index"), "a wrong path makes no index")
  }

  @Test func emptyFolderGivesAnEmptyIndexThatSaysSo() async throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/docs", withIntermediateDirectories: true)
    let ingested = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", folder.path + "/index")
    #expect(ingested.status == 0)
    let asked = try await QuarryProcess.run("ask", "why?", "--index", folder.path + "/index", "--json")
    #expect(asked.status == 1)
    let error = try #require(try asked.json["error"] as? [String: Any])
    #expect((error["try"] as? String)?.contains("quarry ingest") == true)
  }

  @Test func modelsAreListedAndVerified() async throws {
    let list = try await QuarryProcess.run("models", "--json")
    let models = try #require(try list.json["models"] as? [[String: Any]])
    #expect(models.contains { $0["role"] as? String == "generator" && $0["installed"] as? Bool == true })
    let verified = try await QuarryProcess.run("models", "verify")
    #expect(verified.status == 0, "\(verified.output)")
  }
}
