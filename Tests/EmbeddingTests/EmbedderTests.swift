import Embedding
import Foundation
import Inference
import Testing

@Suite struct EmbedderTests {
  private static func directory() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["QUARRY_MODELS"] ?? (environment["XDG_DATA_HOME"] ?? NSHomeDirectory() + "/.local/share") + "/quarry/models"
    guard FileManager.default.fileExists(atPath: folder + "/all-MiniLM-L6-v2/model.safetensors") else { throw MissingModel(path: folder) }
    return folder + "/all-MiniLM-L6-v2"
  }

  private struct MissingModel: Error, CustomStringConvertible {
    let path: String
    var description: String { "all-MiniLM-L6-v2 is not in \(path): run `make models`" }
  }

  private struct Row: Decodable {
    var text: String
    var vector: [Float]
  }

  private static func golden() throws -> [Row] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode([Row].self, from: Data(contentsOf: folder.appendingPathComponent("Golden/embedding/minilm.json")))
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Float {
    let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    return product / (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  /// The bar is a cosine within 1e-3; what is left here is the four decimals of the golden file.
  @Test func vectorsAreTheReferences() throws {
    let embedder = try Embedder(directory: Self.directory(), precision: .float32)
    let rows = try Self.golden()
    #expect(rows.count >= 40)
    for (row, vector) in zip(rows, try embedder.embed(rows.map(\.text))) {
      #expect(1 - Self.cosine(row.vector, vector) < 2e-5, "\(row.text.prefix(60))")
      #expect(abs(Self.cosine(vector, vector) - 1) < 1e-6)
    }
    #expect(Self.cosine(rows[2].vector, try embedder.embed([rows[3].text])[0]) < 0.9, "other texts have other vectors")
  }

  /// The paragraphs of Quarry's own manual, and the golden texts, which are stranger.
  @Test func eightBitsAreNearlyTheReferences() throws {
    let manual = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Corpora/manual")
    let files = try FileManager.default.contentsOfDirectory(at: manual, includingPropertiesForKeys: nil).filter { $0.pathExtension == "md" }
    let paragraphs = try files.sorted { $0.path < $1.path }.flatMap { try String(contentsOf: $0, encoding: .utf8).components(separatedBy: "\n\n") }
      .filter { $0.count > 20 }
    #expect(paragraphs.count >= 50)
    let exact = try Embedder(directory: Self.directory(), precision: .float32), fast = try Embedder(directory: Self.directory())
    let cosines = zip(try exact.embed(paragraphs), try fast.embed(paragraphs)).map(Self.cosine)
    #expect(cosines.reduce(0, +) / Float(cosines.count) >= 0.999)
    #expect(try #require(cosines.min()) >= 0.998)
    let rows = try Self.golden()
    let strange = zip(rows, try fast.embed(rows.map(\.text))).map { Self.cosine($0.vector, $1) }
    #expect(strange.reduce(0, +) / Float(strange.count) >= 0.999)
    #expect(exact.fingerprint != fast.fingerprint, "an index of the one must not be asked with the other")
  }

  @Test(arguments: EmbeddingPrecision.allCases) func aTextAloneGivesTheBitsItGivesInCompany(precision: EmbeddingPrecision) throws {
    let embedder = try Embedder(directory: Self.directory(), precision: precision)
    let texts = try Self.golden().map(\.text)
    let together = try embedder.embed(texts)
    for (text, vector) in zip(texts, together) { #expect(try embedder.embed([text]) == [vector]) }
    #expect(try embedder.embed(texts.reversed()) == together.reversed())
  }

  /// Few texts are shared by all threads, many are dealt out: sizes on both sides of it.
  @Test(arguments: EmbeddingPrecision.allCases) func theNumberOfThreadsChangesNothing(precision: EmbeddingPrecision) throws {
    let texts = try Self.golden().map(\.text)
    let one = try Embedder(directory: Self.directory(), precision: precision, pool: ComputePool(threadCount: 1)).embed(texts)
    for count in [2, 3] {
      let several = try Embedder(directory: Self.directory(), precision: precision, pool: ComputePool(threadCount: count))
      #expect(try several.embed(texts) == one)
      for some in [12..<13, 12..<15, 5..<30] { #expect(try several.embed(Array(texts[some])) == Array(one[some])) }
    }
  }

  /// A folder's small files decide what its vectors are as well.
  @Test func theConfigurationIsPartOfTheFingerprint() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/embedder-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: Self.directory(), toPath: folder)
    let before = try Embedder(directory: folder).fingerprint
    #expect(try Embedder(directory: folder).fingerprint == before)
    let path = folder + "/sentence_bert_config.json"
    try FileManager.default.removeItem(atPath: path)
    try #"{"max_seq_length":64}"#.write(toFile: path, atomically: false, encoding: .utf8)
    #expect(try Embedder(directory: folder).fingerprint != before)
  }

  @Test func callersFromManyThreadsGetTheirOwnVectors() async throws {
    let embedder = try Embedder(directory: Self.directory())
    let texts = (0..<8).map { "text number \($0) of several" }
    let expected = try embedder.embed(texts)
    try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for index in texts.indices { group.addTask { (index, try embedder.embed([texts[index]])[0]) } }
      for try await (index, vector) in group { #expect(vector == expected[index]) }
    }
  }

  @Test func nothingGivesNothing() throws {
    #expect(try Embedder(directory: Self.directory()).embed([]).isEmpty)
  }

  @Test func foldersThatAreNoModelAreRefused() throws {
    #expect(throws: EmbeddingError.self) { try Embedder(directory: "/nowhere") }
    let folder = FileManager.default.temporaryDirectory.path + "/embedder-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for configuration in ["", "{}", #"{"model_type":"t5"}"#] {
      try configuration.write(toFile: folder + "/config.json", atomically: false, encoding: .utf8)
      #expect(throws: EmbeddingError.self) { try Embedder(directory: folder) }
    }
  }
}
