import Foundation

/// Files of `Tests/Golden/tokenizer`, and the models that `make models` fetches.
enum Golden {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
    "Golden/tokenizer"
  ).path

  static func decode<T: Decodable>(_ name: String, as _: T.Type = T.self) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
  }

  /// A file of the models folder; the test fails with words when it is not there.
  static func model(_ name: String) throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["QUARRY_MODELS"] ?? (environment["XDG_DATA_HOME"] ?? NSHomeDirectory() + "/.local/share") + "/quarry/models"
    guard FileManager.default.fileExists(atPath: folder + "/" + name) else { throw MissingModel(path: folder + "/" + name) }
    return folder + "/" + name
  }

  struct MissingModel: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is not there: run `make models`" }
  }
}
