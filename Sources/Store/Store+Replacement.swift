import Foundation
import GRDB

extension Store {
  /// A collection that is being made in the place of another, or of none, and that nobody sees until it is finished; what an earlier attempt
  /// with the same embedder and chunker has made of it is still in it.
  package func beginReplacement(of name: String, embedder: EmbedderIdentity, chunker: String) throws(StoreError) -> CollectionHandle {
    let unfinished = Self.unfinishedName(of: name)
    if let known = try read("find what was begun", { db in try Self.collection(named: unfinished, db) }) {
      if known.embedder == embedder, known.chunker == chunker { return known }
      try removeCollection(known.id)
    }
    return try write("begin the collection \(name)") { db in try insertCollection(unfinished, embedder, chunker, db) }
  }

  /// Lets a finished collection take the place of the one of its name, in one transaction.
  ///
  /// - Returns: The collection under its key, which is new to readers.
  package func finishReplacement(_ replacement: CollectionID, of name: String) throws(StoreError) {
    try publish(replacement)
    let old = try collection(named: name)
    let files = try write("finish the collection \(name)") { db in
      var files: [String] = []
      if let old { files = try deleteRows(of: old.id, db) }
      try Self.set("name", of: replacement, to: name, db)
      if let old, try Self.embedder(of: replacement, db) == old.embedder {
        try Self.set("dense_weight", of: replacement, to: old.denseWeight, db)
      }
      try raiseSequence(of: replacement, removesChunks: true, db)
      return files
    }
    if let old { forget(old.id) }
    for file in files { unlink(file) }
  }

  /// The collection that was begun in the place of the one of a name, or of none, and is not finished; `nil` where nothing was.
  package func unfinishedReplacement(of name: String) throws(StoreError) -> CollectionID? {
    try read("find what was begun") { db in try Self.collection(named: Self.unfinishedName(of: name), db)?.id }
  }

  /// Names of collections that were begun and not finished.
  package func unfinishedReplacements() throws(StoreError) -> [String] {
    try read("find what was begun") { db in
      try String.fetchAll(
        db, sql: "SELECT substr(name, 2) FROM collection WHERE substr(name, 1, 1) = ? ORDER BY name", arguments: [Self.unfinishedPrefix])
    }
  }

  /// Forgets what was begun and not finished.
  ///
  /// - Returns: Whether there was something.
  @discardableResult
  package func abandonReplacement(of name: String) throws(StoreError) -> Bool {
    guard let known = try unfinishedReplacement(of: name) else { return false }
    try removeCollection(known)
    return true
  }

  /// No name that a person gives begins with a control character.
  static let unfinishedPrefix = "\u{1}"

  private static func unfinishedName(of name: String) -> String { unfinishedPrefix + name }
}
