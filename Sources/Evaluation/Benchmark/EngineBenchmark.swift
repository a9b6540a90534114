import Embedding
import Foundation
package import Inference

/// Measures the engine against its bars and its peers: `make bench-engine`.
///
/// Ours and the peer's measurements take turns, each waiting while the other computes, so that both see the same machine; a figure is the
/// median of its runs. Prompts are made-up tokens spread over the vocabulary; decoding is greedy. The peer is llama.cpp on the same file, for
/// embedding ONNX Runtime with int8 weights, each with all cores. What a bar compares with another figure of ours is measured in turns with that
/// too. Ours keeps keys and values in Q8 unless told otherwise, llama.cpp in F16, each its default. Bars that are relative are shown in the
/// figure's own unit: `3 × llama.cpp` as three times the tokens per second that llama.cpp had in this run.
package struct EngineBenchmark {
  /// Parts of the benchmark, which can be chosen.
  package enum Section: String, CaseIterable, Sendable {
    case load, prefill, decode, batch, busy, types, wide, embedding
  }

  package struct Settings: Sendable {
    /// The default model.
    package var modelPath: String
    /// What `scripts/bench/quantise.py` wrote; `nil` without.
    package var typesFolder: String?
    package var embedderDirectory: String
    /// A folder of texts, `*.md`, in whose paragraphs the loss of int8 is measured.
    package var documents: String
    package var keyValueType: KeyValueType
    package var sections: Set<Section>
    /// One run of each instead of five or three, and one type.
    package var isQuick: Bool

    package init(
      modelPath: String, typesFolder: String?, embedderDirectory: String, documents: String, keyValueType: KeyValueType, sections: Set<Section>,
      isQuick: Bool
    ) {
      self.modelPath = modelPath
      self.typesFolder = typesFolder
      self.embedderDirectory = embedderDirectory
      self.documents = documents
      self.keyValueType = keyValueType
      self.sections = sections
      self.isQuick = isQuick
    }
  }

  /// Tokens per second: medians.
  struct Rates {
    var prefill: Double
    var decode: Double
  }

  let settings: Settings
  let peer: PeerProcess?
  let remark: (String) -> Void
  var figures: [Section: [BenchmarkReport.Figure]] = [:]
  /// The peer's rates on the generator in every type that was measured, by type.
  var peerRates: [String: Rates] = [:]

  /// The types of the bars, and those that only the wide model has in all its matrices.
  private static let types = ["Q4_0", "Q8_0", "Q4_K_M", "Q6_K", "F16"]
  private static let wideTypes = ["Q2_K", "Q3_K", "Q4_K_M", "Q5_K", "Q6_K", "IQ4_XS"]

  /// - Parameters:
  ///   - peer: `nil` measures ours alone; bars that are relative to a peer are left out.
  ///   - remark: Called with what is measured next, and with what was left out and why.
  package init(settings: Settings, peer: PeerProcess?, remark: @escaping (String) -> Void) {
    self.settings = settings
    self.peer = peer
    self.remark = remark
  }

  package mutating func run() throws -> BenchmarkReport {
    if settings.sections.contains(.load) { try measureLoad() }
    remark("measuring the machine's limits …")
    let limits = MachineLimits.measure(passes: settings.isQuick ? 3 : 8)
    if !settings.sections.isDisjoint(with: [.prefill, .decode, .batch, .busy, .types]) { try measureGenerator(limits: limits) }
    if settings.sections.contains(.wide) {
      for type in settings.isQuick ? ["Q4_K_M"] : Self.wideTypes { _ = try measureType(type, model: "wide-768", section: .wide, runs: runs(3)) }
    }
    if settings.sections.contains(.embedding) {
      try measureEmbedding()
      try measureEmbeddingLoss()
    }

    var machine = BenchmarkReport.machineDescription + String(format: "; reads %.1f GB/s", limits.readBytesPerSecond / 1e9)
    if let rate = limits.multiplyAddsPerSecond { machine += String(format: ", int8 %.0f GMAC/s", rate / 1e9) }
    if let build = peer?.build { machine += "; llama.cpp built for \(build)" }
    return BenchmarkReport(machine: machine, figures: Section.allCases.flatMap { figures[$0] ?? [] })
  }

  /// Everything on the generator. The types come before the default file's rows are written: these name the peer's best.
  private mutating func measureGenerator(limits: MachineLimits) throws {
    let sections = settings.sections
    let name = (settings.modelPath as NSString).lastPathComponent
    let defaultType = name.split(separator: ".").dropLast().last.map(String.init) ?? name
    remark("measuring \(name) …")
    let model = try load(settings.modelPath)
    if let peer { _ = try peer.load(settings.modelPath) }
    // In turns with decoding, because what memory gives on a shared machine doubles and halves from minute to minute.
    var bandwidths: [Double] = []
    let (ours, theirs) = try measure(model, peer, prompt: 512, decode: 64, runs: runs(5)) {
      bandwidths.append(MachineLimits.readBytesPerSecond(passes: 2))
    }
    peerRates[defaultType] = theirs
    if sections.contains(.prefill) {
      remark("measuring 2,048 tokens …")
      var short: [Double] = []
      let (long, longPeer) = try measure(model, peer, prompt: 2048, decode: 0, runs: runs(5)) {
        short.append(model.measure(promptTokenCount: 512, decodeTokenCount: 0).prefillSeconds)
      }
      add(.prefill, "prefill, 2,048 tokens", long.prefill, bar: 0.85 * 512 / Self.median(short), peer: longPeer?.prefill)
    }
    if sections.contains(.batch) { try measureBatch(model) }
    if sections.contains(.busy) { try measureBusy(model) }

    let isTypes = sections.contains(.types)
    for type in isTypes && !settings.isQuick ? Self.types : ["Q4_0"] where isTypes || peer != nil {
      peerRates[type] =
        try measureType(type, model: String(name.prefix { $0 != "." }), section: isTypes ? .types : nil, runs: runs(3)) ?? peerRates[type]
    }

    let cost = try ModelCost(path: settings.modelPath)
    if sections.contains(.prefill) { addPrefill(ours, theirs, cost, limits) }
    if sections.contains(.decode) { addDecode(ours, theirs, cost, readBytesPerSecond: Self.median(bandwidths)) }
  }

  private mutating func addPrefill(_ ours: Rates, _ theirs: Rates?, _ cost: ModelCost, _ limits: MachineLimits) {
    var rows = [BenchmarkReport.Figure("prefill, 512 tokens", ours.prefill, "tokens/s", bar: 750, peer: Self.llama, peerValue: theirs?.prefill)]
    if let theirs {
      rows.append(
        .init("· 3 × llama.cpp on the same file", ours.prefill, "tokens/s", bar: 3 * theirs.prefill, peer: Self.llama, peerValue: theirs.prefill))
    }
    if let (type, best) = best(\.prefill) {
      rows.append(.init("· 1.5 × its best format", ours.prefill, "tokens/s", bar: 1.5 * best, peer: "\(Self.llama) \(type)", peerValue: best))
    }
    if let rate = limits.multiplyAddsPerSecond {
      let share = 100 * cost.multiplyAddsPerToken / rate
      rows.append(.init("· share of the int8 rate", ours.prefill * share, "%", peer: Self.llama, peerValue: theirs.map { $0.prefill * share }))
    }
    figures[.prefill] = rows + (figures[.prefill] ?? [])
  }

  private mutating func addDecode(_ ours: Rates, _ theirs: Rates?, _ cost: ModelCost, readBytesPerSecond: Double) {
    add(.decode, "decode, 64 tokens after 512", ours.decode, bar: nil, peer: theirs?.decode)
    if let (type, best) = best(\.decode) {
      figures[.decode, default: []].append(
        .init("· 1.3 × its best format", ours.decode, "tokens/s", bar: 1.3 * best, peer: "\(Self.llama) \(type)", peerValue: best))
    }
    let share = 100 * cost.bytesPerToken / readBytesPerSecond
    figures[.decode, default: []].append(
      .init(
        String(format: "· share of the %.0f GB/s read meanwhile", readBytesPerSecond / 1e9), ours.decode * share, "%", bar: 65, peer: Self.llama,
        peerValue: theirs.map { $0.decode * share }))
  }

  /// The type in which the peer is fastest, of those measured.
  private func best(_ rate: (Rates) -> Double) -> (type: String, rate: Double)? {
    peerRates.mapValues(rate).max { $0.value < $1.value }.map { ($0.key, $0.value) }
  }

  /// A model in one type, both engines; gives the peer's rates. Without the file, or when an engine does not know the type, the row says so.
  private mutating func measureType(_ type: String, model name: String, section: Section?, runs: Int) throws -> Rates? {
    let path = "\(settings.typesFolder ?? "")/\(name).\(type).gguf"
    guard FileManager.default.fileExists(atPath: path) else {
      remark("\(name).\(type).gguf is left out: it is not there (make bench-models)")
      return nil
    }
    remark("measuring \(name).\(type) …")
    var peer = peer
    do {
      _ = try peer?.load(path)
    } catch {
      remark("\(name).\(type).gguf: \(error.message): \(error.why ?? "")")
      peer = nil
    }
    let model: LanguageModel
    do {
      model = try load(path)
    } catch {
      remark("\(name).\(type).gguf: \(error.message): \(error.why ?? "")")
      if let section { add(section, "\(name).\(type): loads", 0, bar: 1, peer: nil, unit: "models") }
      return nil
    }
    let (ours, theirs) = try measure(model, peer, prompt: 512, decode: 64, runs: runs)
    if let section {
      add(section, "\(name).\(type): prefill, 512 tokens", ours.prefill, bar: theirs.map { 1.3 * $0.prefill }, peer: theirs?.prefill)
      add(section, "\(name).\(type): decode, 64 after 512", ours.decode, bar: theirs.map { 1.1 * $0.decode }, peer: theirs?.decode)
    }
    return theirs
  }
}
