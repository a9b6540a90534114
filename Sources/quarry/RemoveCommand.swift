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

  func run() throws {
    let store = try Store.open(directory: index.index, access: .writing)
    let collection = try store.requireCollection(named: index.collection)
    let ledger = try store.ledger(of: collection.id)
    let removed: Int
    if all {
      removed = ledger.count
      try store.removeCollection(collection.id)
    } else {
      var paths: [(root: String, path: String)] = []
      for name in documents {
        let name = name.hasSuffix("/") ? String(name.dropLast()) : name
        let matches = ledger.filter { $0.path == name || $0.path.hasPrefix(name + "/") || $0.root + "/" + $0.path == name }
        if matches.isEmpty { throw UnknownName.document(name, in: index.collection) }
        paths += matches.map { (root: $0.root, path: $0.path) }
      }
      removed = try store.remove(paths: paths, from: collection.id)
      try store.publish(collection.id)
    }
    // What was read of the documents is forgotten as well.
    try PageFile.removeAll(in: KeyValueOptions.pageDirectory(index: index.index))
    if output.json {
      JSONOutput.write(["removed": removed])
    } else {
      Terminal.write("\(removed) document\(removed == 1 ? "" : "s") removed\n")
    }
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
