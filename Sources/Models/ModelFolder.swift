import Foundation

/// The folder that holds model files, with a manifest (`models.json`) of those that the user added.
package struct ModelFolder: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// `$QUARRY_MODELS`, else `$XDG_DATA_HOME/quarry/models`, else `~/.local/share/quarry/models`.
  package static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> ModelFolder {
    if let path = environment["QUARRY_MODELS"], !path.isEmpty { return ModelFolder(path: path) }
    let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share"
    return ModelFolder(path: data + "/quarry/models")
  }

  /// A model as `quarry models list` shows it.
  package struct Listing: Sendable, Codable {
    package var name: String
    package var role: CatalogEntry.Role
    package var path: String
    package var bytes: Int64
    /// Whether every file is there with its right size; `quarry models verify` checks the hashes too.
    package var installed: Bool
    package var isDefault: Bool
    package var licence: String?

    enum CodingKeys: String, CodingKey {
      case name, role, path, bytes, installed, licence
      case isDefault = "default"
    }
  }

  /// The default models and those that the user added.
  package func list() throws(ModelError) -> [Listing] {
    let manifest = try Manifest.read(from: self)
    let known = CatalogEntry.defaults.map { entry in
      Listing(
        name: entry.name, role: entry.role, path: absolute(entry.files[0].path), bytes: entry.byteCount,
        installed: entry.files.allSatisfy { byteCount(of: absolute($0.path)) == $0.byteCount },
        isDefault: entry.role == .embedder || manifest.defaultGenerator == nil, licence: entry.licence)
    }
    let added = manifest.added.map { model in
      Listing(
        name: model.name, role: .generator, path: absolute(model.file), bytes: model.bytes,
        installed: byteCount(of: absolute(model.file)) == model.bytes, isDefault: manifest.defaultGenerator == model.name, licence: nil)
    }
    return known + added
  }

  /// The generator's file: a path to a GGUF file, a listed name, or the default one.
  package func generatorPath(_ choice: String? = nil) throws(ModelError) -> String {
    if let choice, choice.hasSuffix(".gguf") || choice.contains("/") {
      guard FileManager.default.fileExists(atPath: choice) else { throw .missing(choice, at: choice, fetchable: false) }
      return choice
    }
    let generators = try list().filter { $0.role == .generator }
    guard let listing = generators.first(where: { choice == nil ? $0.isDefault : $0.name == choice }) else {
      throw .unknown(choice ?? "", known: generators.map(\.name))
    }
    guard listing.installed else {
      throw .missing(listing.name, at: listing.path, fetchable: listing.name == CatalogEntry.smolLM2.name)
    }
    return listing.path
  }

  /// The folder of the embedder's files.
  package func embedderPath() throws(ModelError) -> String {
    for file in CatalogEntry.miniLM.files where byteCount(of: absolute(file.path)) != file.byteCount {
      throw .missing(CatalogEntry.miniLM.name, at: absolute(file.path), fetchable: true)
    }
    return absolute("all-MiniLM-L6-v2")
  }

  func absolute(_ relative: String) -> String { path + "/" + relative }

  func byteCount(of path: String) -> Int64? {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : nil
  }

  /// Deletes what fetching and adding left behind when their process was killed.
  func removeLeftovers() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasPrefix(".fetching-") || name.hasPrefix(".adding-") {
      guard let process = name.split(separator: "-").last.flatMap({ pid_t($0) }), process > 0, kill(process, 0) != 0, errno == ESRCH else { continue }
      try? FileManager.default.removeItem(atPath: absolute(name))
    }
  }

  func create() throws(ModelError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .file(path, "create the folder", error.localizedDescription)
    }
  }
}
