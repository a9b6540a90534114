import Documents
import Foundation
import Store

/// The files of a run that are documents, and what lies beside them and is none.
struct ScopeWalk {
  let files: [WalkedFile]
  let omissions: [WalkOmission]
  let disks: WalkedDisks
  /// Where each omission stands.
  private let places: [PathKey: Int]

  /// In a data set of BEIR's form only the corpus is a document, and what is said about a document is not one of its own.
  init(_ scope: IngestScope, options: WalkOptions) throws(DocumentError) {
    let walk = try FolderWalk(scope.root, part: scope.prefix, options: options)
    let paths = Set(walk.files.map(\.relativePath))
    let questions = Set(["queries.jsonl", "answers.jsonl", "qrels.tsv"])
    func sibling(_ path: String, _ name: String) -> String { ((path as NSString).deletingLastPathComponent as NSString).appendingPathComponent(name) }
    var omissions = walk.omissions
    files = walk.files.filter { file in
      let path = file.relativePath
      let reason: String? =
        if path.hasSuffix(MetadataFile.suffix), paths.contains(String(path.dropLast(MetadataFile.suffix.count))) {
          "it tells about the document beside it"
        } else if questions.contains((path as NSString).lastPathComponent), paths.contains(sibling(path, "corpus.jsonl")),
          paths.contains(sibling(path, "queries.jsonl"))
        {
          "it belongs to a set of questions"
        } else {
          nil
        }
      if let reason { omissions.append(WalkOmission(relativePath: path, kind: .byRule, reason: reason)) }
      return reason == nil
    }
    self.omissions = omissions
    disks = walk.disks
    places = Dictionary(omissions.enumerated().map { (PathKey($1.relativePath), $0) }) { first, _ in first }
  }

  /// The file that was left out and has a path.
  func omission(at path: String) -> WalkOmission? { places[PathKey(path)].map { omissions[$0] } }

  /// The folder that was left out and that a path lies in; or something of which nothing is known, which may be a folder.
  func omission(around path: String) -> WalkOmission? {
    for slash in path.utf8.indices where path.utf8[slash] == UInt8(ascii: "/") {
      if let omission = omission(at: String(path[...slash])) { return omission }
      if let omission = omission(at: String(path[..<slash])), omission.kind == .unreadable { return omission }
    }
    return nil
  }
}
