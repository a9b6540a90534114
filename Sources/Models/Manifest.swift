import Foundation

/// `models.json`: the generators that the user added, and which one is the default.
struct Manifest: Codable {
  struct Model: Codable {
    var name: String
    /// Relative to the models folder.
    var file: String
    var bytes: Int64
    var sha256: String
  }

  var version = 1
  var defaultGenerator: String?
  var added: [Model] = []

  enum CodingKeys: String, CodingKey {
    case version, added
    case defaultGenerator = "default_generator"
  }

  static func read(from folder: ModelFolder) throws(ModelError) -> Manifest {
    let path = folder.absolute("models.json")
    guard FileManager.default.fileExists(atPath: path) else { return Manifest() }
    // One that cannot be read is not one that is not there: writing would lose what it lists.
    guard let data = FileManager.default.contents(atPath: path) else { throw .file(path, "read", String(cString: strerror(errno))) }
    do {
      return try JSONDecoder().decode(Manifest.self, from: data)
    } catch {
      throw .file(path, "understand", "it is not a manifest of models: \(error)")
    }
  }

  /// Replaces the manifest in one step (temporary file, then rename).
  func write(to folder: ModelFolder) throws(ModelError) {
    let path = folder.absolute("models.json")
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .file(path, "write", error.localizedDescription)
    }
  }
}
