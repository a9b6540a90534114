import Foundation
import Inference
import Scheduling
import Testing
import Tokenizer

/// What an engine reads is there for the next one, and for itself when memory is short; damage costs time only.
@Suite struct DiskTierTests {
  private let model: LanguageModel
  private let folder: URL

  init() throws {
    model = try LanguageModel.load(path: GoldenModels.folder + "/tiny-q4_1.gguf")
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-kv-\(UUID().uuidString)")
  }

  private func engine(blockCount: Int = 64, pageCount: Int = 64) throws -> GenerationEngine {
    var options = EngineOptions()
    options.keyValueByteLimit = blockCount * model.keyValueBlockByteCount
    options.pageDirectory = folder
    options.pageByteLimit = pageCount * (model.keyValueBlockByteCount + 8192)
    return try GenerationEngine(model: model, options: options)
  }

  private func prompt(_ count: Int, _ seed: UInt64) -> [TokenID] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in TokenID.random(in: 3..<300, using: &random) }
  }

  @Test func aRestartBeginsWarm() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let prompt = prompt(200, 1)
    let first = try engine()
    #expect(first.pageError == nil)
    let cold = try await ExactnessTests.generate(prompt, first)
    #expect(cold.result.cachedTokenCount == 0)
    await first.close()

    let second = try engine()
    let warm = try await ExactnessTests.generate(prompt, second)
    #expect(warm.text == cold.text)
    #expect(warm.result.diskTokenCount == 199 && warm.result.cachedTokenCount == 199)
    // From memory the second time.
    let again = try await ExactnessTests.generate(prompt, second)
    #expect(again.text == cold.text && again.result.diskTokenCount == 0 && again.result.cachedTokenCount == 199)
    await second.close()

    // Another namespace finds nothing.
    let third = try engine()
    var request = GenerationRequest(prompt: prompt, maximumTokenCount: 1)
    request.namespace = "another"
    for try await event in third.generate(request) {
      if case .finished(let result) = event { #expect(result.cachedTokenCount == 0) }
    }
    await third.close()
  }

  @Test func whatFindsNoRoomInMemoryComesBackFromDisk() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let engine = try engine(blockCount: 8)
    let prompts = (0..<5).map { prompt(200, UInt64(10 + $0)) }
    var texts: [String] = []
    for prompt in prompts { texts.append(try await ExactnessTests.generate(prompt, engine).text) }
    for (prompt, text) in zip(prompts, texts) {
      let again = try await ExactnessTests.generate(prompt, engine)
      #expect(again.text == text)
      #expect(again.result.cachedTokenCount >= 128)
    }
    #expect(engine.statistics.scheduler.diskTokenCount > 0 && engine.statistics.evictionCount > 0)
    await engine.close()
  }

  @Test func damageIsComputedAgain() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let prompt = prompt(300, 2)
    let first = try engine()
    let cold = try await ExactnessTests.generate(prompt, first)
    await first.close()
    let path = try #require(try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first)
    let whole = try Data(contentsOf: path)
    var random = SeededGenerator(seed: 3)
    var fewer = 0
    for _ in 0..<40 {
      var damaged = whole
      for _ in 0..<Int.random(in: 1...20, using: &random) { damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= 0x10 }
      if Bool.random(using: &random) { damaged = damaged.prefix(Int.random(in: 0..<damaged.count, using: &random)) }
      try damaged.write(to: path)
      let engine = try engine()
      let warm = try await ExactnessTests.generate(prompt, engine)
      #expect(warm.text == cold.text)
      if warm.result.cachedTokenCount < 299 { fewer += 1 }
      await engine.close()
    }
    #expect(fewer > 10, "damage was noticed")
  }

  @Test func anEngineWhoseFileIsInUseWorksWithoutIt() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try engine()
    let second = try engine()
    #expect(second.pageError?.code == "kv_disk_in_use")
    #expect(try await ExactnessTests.generate(prompt(70, 4), second).result.promptTokenCount == 70)
    await first.close()
    await second.close()
  }
}
