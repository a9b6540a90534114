import Foundation

extension ModelFolder {
  /// Takes a copy of a GGUF file into the folder and records its hash; `name` defaults to the file's name.
  ///
  /// The file is copied under a temporary name, hashed, and renamed, so that an interrupted copy is never listed.
  package func add(gguf source: String, name: String?, asDefault: Bool) throws(ModelError) -> Listing {
    let fileName = (source as NSString).lastPathComponent
    guard fileName.hasSuffix(".gguf") else { throw .notAModel(source, "its name does not end in .gguf") }
    guard let bytes = byteCount(of: source) else { throw .file(source, "open", "there is no such file") }
    let name = name ?? String(fileName.dropLast(5))
    guard !name.isEmpty, !name.contains("/") else { throw .notAModel(source, "\(name) cannot be a model's name") }
    var manifest = try Manifest.read(from: self)
    let taken = CatalogEntry.defaults.map(\.name) + manifest.added.map(\.name)
    guard !taken.contains(name) else {
      throw ModelError(code: "model_exists", message: "there is a model named \(name) already", why: nil, remedy: "give another one with --name")
    }

    try create()
    let target = absolute(name + ".gguf")
    let temporary = absolute(".adding-\(name)-\(getpid())")
    defer { unlink(temporary) }
    do {
      try FileManager.default.copyItem(atPath: source, toPath: temporary)
    } catch {
      throw .file(source, "copy", error.localizedDescription)
    }
    let hash = try sha256(ofFile: temporary)
    guard rename(temporary, target) == 0 else { throw .file(target, "write", String(cString: strerror(errno))) }

    manifest.added.append(Manifest.Model(name: name, file: name + ".gguf", bytes: bytes, sha256: hash))
    if asDefault { manifest.defaultGenerator = name }
    try manifest.write(to: self)
    return Listing(name: name, role: .generator, path: target, bytes: bytes, installed: true, isDefault: asDefault, licence: nil)
  }
}
