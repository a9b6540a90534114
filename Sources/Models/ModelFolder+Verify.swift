import Diagnostics

/// What a check of one model's files found.
package struct ModelVerification: Sendable, Codable {
  package var name: String
  package var path: String
  /// `nil` when the file is as it should be.
  package var problem: String?
}

extension ModelFolder {
  /// Hashes every file of every model and compares with the catalogue or with what was recorded when it was added.
  package func verify() throws(ModelError) -> [ModelVerification] {
    var results: [ModelVerification] = []
    for entry in CatalogEntry.defaults {
      for file in entry.files { results.append(check(entry.name, absolute(file.path), file.sha256)) }
    }
    for model in try Manifest.read(from: self).added { results.append(check(model.name, absolute(model.file), model.sha256)) }
    return results
  }

  private func check(_ name: String, _ path: String, _ expected: String) -> ModelVerification {
    guard byteCount(of: path) != nil else { return ModelVerification(name: name, path: path, problem: "missing") }
    do throws(ModelError) {
      let found = try sha256(ofFile: path)
      return ModelVerification(name: name, path: path, problem: found == expected ? nil : "SHA-256 is \(found), expected \(expected)")
    } catch {
      return ModelVerification(name: name, path: path, problem: error.description)
    }
  }
}
