import Foundation

/// Files of `Tests/Golden/inference`, and the models that `make models` fetches.
enum GoldenModels {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
    "Golden/inference"
  ).path

  static func decode<T: Decodable>(_ name: String) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
  }

  static func smolLM2() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["QUARRY_MODELS"] ?? (environment["XDG_DATA_HOME"] ?? NSHomeDirectory() + "/.local/share") + "/quarry/models"
    let path = folder + "/SmolLM2-135M-Instruct.Q4_1.gguf"
    guard FileManager.default.fileExists(atPath: path) else { throw MissingModel(path: path) }
    return path
  }

  /// Fetched by `make test` and by `make bench-models`.
  static func gemma3() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let path = (environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/quarry/bench-models/gemma-3-270m.Q4_K_M.gguf"
    guard FileManager.default.fileExists(atPath: path) else { throw MissingModel(path: path) }
    return path
  }

  struct MissingModel: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is not there: run `make test`, which fetches it" }
  }
}
