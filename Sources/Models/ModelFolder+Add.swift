import Foundation

extension ModelFolder {
  /// Takes a copy of a GGUF file into the folder and records its hash; `name` defaults to the file's name.
  ///
  /// The file is copied under a temporary name, hashed, and renamed, so that an interrupted copy is never listed.
  package func add(gguf source: String, name: String?, asDefault: Bool) throws(ModelError) -> Listing {
    let fileName = (source as NSString).lastPathComponent
    guard fileName.hasSuffix(".gguf") else { throw .notAModel(source, "its name does not end in .gguf") }
    // The file itself, because a link that is copied points elsewhere from its new place.
    guard let resolved = realpath(source, nil) else { throw .file(source, "open", String(cString: strerror(errno))) }
    defer { free(resolved) }
    let original = String(cString: resolved)
    guard beginsWithGGUF(original) else { throw .notAModel(source, "it is not a file that begins with GGUF") }
    let name = name ?? String(fileName.dropLast(5))
    guard !name.isEmpty, !name.contains("/") else { throw .notAModel(source, "\(name) cannot be a model's name") }
    var manifest = try Manifest.read(from: self)
    let taken = CatalogEntry.defaults.map(\.name) + manifest.added.map(\.name)
    guard !taken.contains(name) else {
      throw ModelError(code: "model_exists", message: "there is a model named \(name) already", why: nil, remedy: "give another one with --name")
    }

    let known = CatalogEntry.defaults.flatMap(\.files).map(\.path)
    guard !known.contains(name + ".gguf") else {
      throw ModelError(
        code: "model_exists", message: "\(name).gguf is the file of a default model", why: "adding another would replace it",
        remedy: "give another name with --name")
    }

    try create()
    removeLeftovers()
    let target = absolute(name + ".gguf")
    let temporary = absolute(".adding-\(name)-\(getpid())")
    defer { unlink(temporary) }
    do {
      try FileManager.default.copyItem(atPath: original, toPath: temporary)
    } catch {
      throw .file(source, "copy", error.localizedDescription)
    }
    let hash = try sha256(ofFile: temporary)
    guard let bytes = byteCount(of: temporary) else { throw .file(temporary, "read", String(cString: strerror(errno))) }
    guard rename(temporary, target) == 0 else { throw .file(target, "write", String(cString: strerror(errno))) }

    manifest.added.append(Manifest.Model(name: name, file: name + ".gguf", bytes: bytes, sha256: hash))
    if asDefault { manifest.defaultGenerator = name }
    try manifest.write(to: self)
    return Listing(name: name, role: .generator, path: target, bytes: bytes, installed: true, isDefault: asDefault, licence: nil)
  }

  private func beginsWithGGUF(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 4)) == Data("GGUF".utf8)
  }
}
