import ArgumentParser
import Diagnostics
import Foundation
import Inference
import Store

struct RemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove documents from the index; the files themselves stay.",
    discussion: "Names are those of `quarry status --documents`: paths relative to the ingested folder. A folder's name removes what is in it.")

  @Argument(help: "Documents or folders of documents.")
  var documents: [String] = []

  @Flag(help: "Remove the whole collection.")
  var all = false

  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if all == !documents.isEmpty { throw ValidationError("give documents to remove, or --all for the whole collection") }
  }

  private struct Result: Encodable {
    /// Files that answered.
    let removed: Int
    /// Files that did not, and are no longer known.
    let forgotten: Int

    init(_ entries: [LedgerEntry]) {
      removed = entries.count { $0.documentID != nil }
      forgotten = entries.count - removed
    }
  }

  func run() throws {
    let store = try Store.openExisting(directory: index.index)
    let result = try all ? removeAll(from: store) : removeNamed(from: store)
    // What was read of the documents is forgotten as well.
    try PageFile.removeAll(in: KeyValueOptions.pageDirectory(index: index.index))
    if output.json { return JSONOutput.write(result) }
    let others = result.forgotten > 0 ? ", \(result.forgotten) other file\(result.forgotten == 1 ? "" : "s") forgotten" : ""
    Terminal.write("\(result.removed) document\(result.removed == 1 ? "" : "s") removed\(others)\n")
  }

  private func removeAll(from store: Store) throws -> Result {
    // What was begun in its place, and not finished, has its documents as well.
    let wasBegun = try store.abandonReplacement(of: index.collection)
    if wasBegun, try store.collection(named: index.collection) == nil { return Result([]) }
    let collection = try store.requireCollection(named: index.collection)
    let ledger = try store.ledger(of: collection.id)
    try store.removeCollection(collection.id)
    return Result(ledger)
  }

  private func removeNamed(from store: Store) throws -> Result {
    let collection = try store.requireCollection(named: index.collection)
    let ledger = try store.ledger(of: collection.id)
    var places = Set<Int>()
    for name in documents {
      let name = name.hasSuffix("/") ? String(name.dropLast()) : name
      let matches = ledger.indices.filter {
        let (root, path) = (ledger[$0].root, ledger[$0].path)
        return path.hasBytes(of: name) || path.utf8.starts(with: (name + "/").utf8) || (root + "/" + path).hasBytes(of: name)
      }
      if matches.isEmpty { throw UnknownName.document(name, in: index.collection) }
      places.formUnion(matches)
    }
    let entries = places.sorted().map { ledger[$0] }
    let paths = entries.map { (root: $0.root, path: $0.path) }
    try store.remove(paths: paths, from: collection.id)
    if let begun = try store.unfinishedReplacement(of: index.collection) { try store.remove(paths: paths, from: begun) }
    try store.publish(collection.id)
    return Result(entries)
  }
}

/// A name on the command line that nothing has.
struct UnknownName: ExplainedError {
  let code: String
  let message: String
  let why: String?
  let remedy: String?

  static func document(_ name: String, in collection: String) -> UnknownName {
    UnknownName(
      code: "document_missing", message: "there is no document \(name) in the collection \(collection)", why: nil,
      remedy: "quarry status --documents lists the documents")
  }
}
