import Embedding
import Foundation
import Inference

extension EngineBenchmark {
  static let llama = "llama.cpp"

  func runs(_ count: Int) -> Int { settings.isQuick ? 1 : count }

  mutating func add(_ section: Section, _ name: String, _ value: Double, bar: Double?, peer: Double?, unit: String = "tokens/s") {
    figures[section, default: []].append(.init(name, value, unit, bar: bar, peer: Self.llama, peerValue: peer))
  }

  func load(_ path: String) throws(InferenceError) -> LanguageModel {
    try LanguageModel.load(path: path, keyValueType: settings.keyValueType)
  }

  /// Reading and writing in turns with the peer, which has the same model loaded.
  ///
  /// - Parameter betweenRuns: What else is measured in turns with them.
  func measure(
    _ model: LanguageModel, _ peer: PeerProcess?, prompt: Int, decode: Int, runs: Int, betweenRuns: () -> Void = {}
  ) throws -> (ours: Rates, peer: Rates?) {
    // Pages, caches and threads are there before it counts; the peer had its trial when it loaded.
    _ = model.measure(promptTokenCount: 64, decodeTokenCount: 2)
    var ours: [(prefillSeconds: Double, decodeSeconds: Double)] = []
    var theirs: [(prefillSeconds: Double, decodeSeconds: Double)] = []
    for _ in 0..<runs {
      ours.append(model.measure(promptTokenCount: prompt, decodeTokenCount: decode))
      betweenRuns()
      if let peer { theirs.append(try peer.generate(prompt: prompt, decode: decode)) }
    }
    func rates(_ runs: [(prefillSeconds: Double, decodeSeconds: Double)]) -> Rates {
      Rates(prefill: Double(prompt) / Self.median(runs.map(\.prefillSeconds)), decode: Double(decode) / Self.median(runs.map(\.decodeSeconds)))
    }
    return (rates(ours), theirs.isEmpty ? nil : rates(theirs))
  }

  /// Time to load from page cache, and memory beyond the file's size with 512 tokens read: the first thing in the process.
  mutating func measureLoad() throws {
    remark("measuring the start …")
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: settings.modelPath))
    while try file.read(upToCount: 1 << 20)?.isEmpty == false {}
    let fileBytes = Double(try file.offset())
    try file.close()

    // Memory is that of the first one: later ones may stand in what earlier ones gave back.
    var model: LanguageModel?
    let before = ProcessMemory().residentBytes
    var seconds = [try Self.seconds { model = try loadedModel() }]
    _ = model?.measure(promptTokenCount: 512, decodeTokenCount: 1)
    let memory = ProcessMemory().residentBytes - before
    var theirs: (seconds: Double, memoryBytes: Double)?
    if let peer { theirs = try peer.load(settings.modelPath) }
    for _ in 1..<runs(5) {
      model = nil
      seconds.append(try Self.seconds { model = try loadedModel() })
    }
    let mebibyte = 1_048_576.0
    figures[.load] = [
      .init(
        "load from page cache, one token read", 1000 * Self.median(seconds), "ms", bar: 300, lowerIsBetter: true, peer: Self.llama,
        peerValue: theirs.map { 1000 * $0.seconds }),
      .init(
        "memory above the file, 512 tokens read", (memory - fileBytes) / mebibyte, "MiB", bar: 100, lowerIsBetter: true, peer: Self.llama,
        peerValue: theirs.map { ($0.memoryBytes - fileBytes) / mebibyte }),
    ]
  }

  /// The default model, when it has read a token.
  private func loadedModel() throws -> LanguageModel {
    let model = try load(settings.modelPath)
    _ = model.measure(promptTokenCount: 1, decodeTokenCount: 0)
    return model
  }

  /// Eight sequences that share nothing, in turns with one alone.
  mutating func measureBatch(_ model: LanguageModel) throws {
    remark("measuring 8 sequences together …")
    var ours: [Double] = []
    var alone: [Double] = []
    var theirs: [Double] = []
    for _ in 0..<runs(5) {
      alone.append(model.measure(promptTokenCount: 512, decodeTokenCount: 64).decodeSeconds)
      ours.append(model.measureBatch(sequenceCount: 8, promptTokenCount: 512, decodeTokenCount: 64).decodeSeconds)
      if let peer { theirs.append(try peer.batch(sequences: 8, prompt: 512, decode: 64)) }
    }
    add(
      .batch, "decode, 8 sequences together", 8 * 64 / Self.median(ours), bar: 3 * 64 / Self.median(alone),
      peer: theirs.isEmpty ? nil : 8 * 64 / Self.median(theirs))
  }

  /// With another process that takes one core for itself, in turns with both cores free.
  mutating func measureBusy(_ model: LanguageModel) throws {
    remark("measuring with a busy core …")
    let busy = Process()
    busy.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Bound to a core, so that it does not wander between the engine's threads.
    busy.arguments = ["sh", "-c", "command -v taskset >/dev/null && taskset -pc 0 $$ >/dev/null 2>&1; while :; do :; done"]
    try busy.run()
    defer {
      busy.terminate()
      busy.waitUntilExit()
    }
    var quiet: [(prefillSeconds: Double, decodeSeconds: Double)] = []
    let (ours, theirs) = try measure(model, peer, prompt: 256, decode: 64, runs: runs(5)) {
      guard busy.suspend() else { preconditionFailure("our own process stops when it is told to") }
      // Longer than any time for which the engine leaves a core out after it was taken: quiet is with all of them.
      Thread.sleep(forTimeInterval: 2)
      quiet.append(model.measure(promptTokenCount: 256, decodeTokenCount: 64))
      guard busy.resume() else { preconditionFailure("our own process goes on when it is told to") }
    }
    add(
      .busy, "prefill, 256 tokens, one core busy", ours.prefill, bar: 0.5 * 256 / Self.median(quiet.map(\.prefillSeconds)), peer: theirs?.prefill)
    add(.busy, "decode, 64 tokens, one core busy", ours.decode, bar: 0.5 * 64 / Self.median(quiet.map(\.decodeSeconds)), peer: theirs?.decode)
  }

  mutating func measureEmbedding() throws {
    remark("measuring embedding …")
    let embedder = try Embedder(directory: settings.embedderDirectory)
    // Each made-up word is one token, so that a text has just the tokens that are wanted; two more are added to each.
    for (rows, columns, count) in [(16, 128, 7), (1, 16, 41)] {
      let texts = [String](repeating: String(repeating: "a ", count: columns - 2), count: rows)
      var ours: [Double] = []
      var theirs: [Double] = []
      _ = try embedder.embed(texts)
      _ = try peer?.embed(rows: rows, columns: columns)
      for _ in 0..<(settings.isQuick ? 3 : count) {
        ours.append(try Self.seconds { _ = try embedder.embed(texts) })
        if let peer { theirs.append(try peer.embed(rows: rows, columns: columns)) }
      }
      let other = theirs.isEmpty ? nil : Self.median(theirs)
      if rows > 1 {
        let tokens = Double(rows * columns)
        figures[.embedding, default: []].append(
          .init(
            "MiniLM, \(rows) × \(columns) tokens", tokens / Self.median(ours), "tokens/s", bar: other.map { 2 * tokens / $0 }, peer: "ONNX Runtime",
            peerValue: other.map { tokens / $0 }))
      } else {
        figures[.embedding, default: []].append(
          .init(
            "MiniLM, one query of \(columns) tokens", 1000 * Self.median(ours), "ms", bar: 2, lowerIsBetter: true, peer: "ONNX Runtime",
            peerValue: other.map { 1000 * $0 }))
      }
    }
  }

  /// How near vectors that are computed in int8 are to those in float32; what that costs in retrieval says `make bench-retrieval`.
  mutating func measureEmbeddingLoss() throws {
    let folder = URL(fileURLWithPath: settings.documents)
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    let text = try files.filter { $0.pathExtension == "md" }.map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n\n")
    let paragraphs = text.components(separatedBy: "\n\n").filter { $0.utf8.count >= 80 }
    guard !paragraphs.isEmpty else { return remark("the loss of int8 is left out: \(settings.documents) has no paragraphs (--documents)") }
    remark("measuring what int8 costs …")
    let exact = try Embedder(directory: settings.embedderDirectory, precision: .float32).embed(paragraphs)
    let fast = try Embedder(directory: settings.embedderDirectory, precision: .int8).embed(paragraphs)
    let losses = zip(exact, fast).map { (a, b) -> Double in
      let cosine = zip(a, b).reduce(0.0) { sum, pair in sum + Double(pair.0) * Double(pair.1) }
      return 1000 * (1 - cosine)
    }
    figures[.embedding, default: []] += [
      .init(
        "MiniLM in int8, 1 - cosine to float32, mean of \(paragraphs.count) texts", losses.reduce(0, +) / Double(losses.count), "‰", bar: 1,
        lowerIsBetter: true),
      .init("· the worst of them", losses.max() ?? 0, "‰"),
    ]
  }

  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return start.duration(to: .now) / .seconds(1)
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
