import Documents
import Foundation
import Store

/// Looks at files, one after the other, and has them read as far as that is needed.
struct FilePreparation: Sendable {
  let rereadsAll: Bool
  let known: KnownFiles
  /// Files that answer, by what is in them; of several the first one.
  private var holders: [ContentKey: Holder] = [:]
  /// What this run could not read for what is in it: copies are not tried again (a handbook in thirty languages has its pictures thirty times).
  private var failures: [ContentKey: DocumentError] = [:]
  private let scope: IngestScope
  private var root: String { scope.root }
  private let disks: WalkedDisks
  private let readerFingerprint: String

  init(reader: DocumentReader, rereadsAll: Bool, scope: IngestScope, known: KnownFiles, disks: WalkedDisks) {
    self.rereadsAll = rereadsAll
    self.scope = scope
    self.disks = disks
    readerFingerprint = reader.fingerprint
    self.known = known
    guard !rereadsAll else { return }
    for entry in known.ledger where entry.state.answers {
      let key = ContentKey(entry)
      if holders[key] == nil { holders[key] = Holder(root: entry.root, path: entry.path, documentID: entry.documentID) }
    }
  }

  private struct Holder {
    let root: String
    let path: String
    /// `nil` if it is not stored yet.
    let documentID: Int64?
  }

  /// Those of some files whose content is known as that of another: looked for first, so that files that changed names among each other all keep their
  /// documents, in one transaction.
  ///
  /// - Parameters:
  ///   - sizes: Of the files that answer: one of another size is not opened.
  ///   - unchanged: Takes those whose content is known as their own, some at a time: there may be a million.
  func knownContents(
    among files: [WalkedFile], sizes: Set<Int64>, isCancelled: () -> Bool, unchanged: ([PreparedFile]) throws -> Void
  ) rethrows -> [PreparedFile] {
    guard !rereadsAll else { return [] }
    var own: [PreparedFile] = []
    var renamed: [PreparedFile] = []
    for file in files where sizes.contains(file.byteCount) && !isCancelled() {
      guard let prepared = knownContent(of: file) else { continue }
      if case .unchanged = prepared.outcome { own.append(prepared) } else { renamed.append(prepared) }
      guard own.count >= IngestRun.changeCount else { continue }
      try unchanged(own)
      own = []
    }
    try unchanged(own)
    return renamed
  }

  private func knownContent(of file: WalkedFile) -> PreparedFile? {
    var version = version(of: file)
    guard let hash = try? sha256(ofFile: file.path, and: MetadataFile(of: file.path, in: file.folder)?.bytes ?? Data()) else { return nil }
    version.sha256 = hash
    return knownContent(file, version)
  }

  private func knownContent(_ file: WalkedFile, _ version: DocumentVersion) -> PreparedFile? {
    let entry = known[file.relativePath]
    if !rereadsAll, let entry, entry.state.answers, entry.sha256 == version.sha256, !isDouble(entry) {
      return PreparedFile(file: file, version: version, outcome: .unchanged)
    }
    guard let holder = holders[ContentKey(sha256: version.sha256, path: file.relativePath)] else { return nil }
    return PreparedFile(file: file, version: version, outcome: .sameAs(root: holder.root, path: holder.path))
  }

  /// - Parameter isCancelled: What is read then is for nothing.
  /// - Throws: What ends the run; what is wrong with the file is in what comes of it.
  mutating func prepare(_ file: WalkedFile, with reading: any FileReading, isCancelled: () -> Bool) throws -> PreparedFile {
    let start = ContinuousClock.now
    var prepared = try read(file, with: reading, isCancelled)
    prepared.seconds = start.duration(to: .now) / .seconds(1)
    return prepared
  }

  private mutating func read(_ file: WalkedFile, with reading: any FileReading, _ isCancelled: () -> Bool) throws -> PreparedFile {
    var version = version(of: file)
    func prepared(_ outcome: PreparedFile.Outcome) -> PreparedFile { PreparedFile(file: file, version: version, outcome: outcome) }
    do {
      let metadata = MetadataFile(of: file.path, in: file.folder)
      var same: PreparedFile?
      var failure: DocumentError?
      let read = try reading.read(
        file.path, metadata: metadata?.bytes ?? Data(),
        isWanted: { sha256 in
          version.sha256 = sha256
          same = knownContent(file, version)
          if same == nil { forgetWhatIsNoLongerHeld(by: file.relativePath) }
          failure = failures[ContentKey(sha256: sha256, path: file.relativePath)]
          return same == nil && failure == nil
        }, isCancelled: isCancelled)
      if let same { return same }
      if let failure { throw failure }
      guard let read else { preconditionFailure("a file is wanted unless its content is known") }
      version.format = read.head.format
      version.title = read.head.title
      version.language = read.head.language
      version.metadata = read.head.metadata.merging(metadata?.values ?? [:]) { _, said in said }
      var result =
        switch read.text {
        case .chunks(let chunks): prepared(.read(chunks.map { PendingChunk(chunk: $0) }))
        case .long(let file): prepared(.long(file))
        }
      result.omissions = read.head.omissions.map {
        (IngestReport.Problem(path: "\(file.relativePath)/\($0.name)", reason: $0.reason), $0.isFailure)
      }
      if let problem = metadata?.problem { result.omissions.append((.init(path: file.relativePath + MetadataFile.suffix, reason: problem), false)) }
      holders[ContentKey(sha256: version.sha256, path: file.relativePath)] = Holder(root: root, path: file.relativePath, documentID: nil)
      return result
    } catch let error as DocumentError {
      let reason = error.why ?? error.message
      if file.modificationTime != 0, FileStatus.isGone(file.path) {
        // A disk that is back when the run ends has been away meanwhile.
        guard disks.areInPlace else { throw IngestionError.wentAway(scope.path) }
        return prepared(.vanished)
      }
      version.stamp = failureStamp(version.stamp)
      if error.isOfContent { failures[ContentKey(sha256: version.sha256, path: file.relativePath)] = error }
      // A document that became an image, a program or nothing has no text any more.
      return prepared(error.isUnsupportedFormat || file.byteCount == 0 ? .skipped(reason: reason) : .failed(code: error.code, reason: reason))
    }
  }

  /// Whether a file that answers has a document of its own, though another has one of the same content, which it is to share from now on: an import, or a
  /// version that read again one of the two, may have made it.
  func isDouble(_ entry: LedgerEntry) -> Bool {
    guard let document = holders[ContentKey(entry)]?.documentID else { return false }
    return document != entry.documentID
  }

  private mutating func forgetWhatIsNoLongerHeld(by path: String) {
    guard let entry = known[path] else { return }
    let key = ContentKey(entry)
    if let holder = holders[key], holder.root.hasBytes(of: root), holder.path.hasBytes(of: entry.path) { holders[key] = nil }
  }

  /// What could not be read is read again when the readers have changed.
  func failureStamp(_ stamp: String) -> String { stamp.isEmpty ? "" : "\(readerFingerprint) \(stamp)" }

  /// The file system's word on a file and on what is said about it beside it.
  static func stamp(of path: String) -> String {
    let now = Int64(Date().timeIntervalSince1970 * 1e9)
    guard let stamp = FileStatus(path: path)?.stamp(now: now), !stamp.isEmpty else { return "" }
    guard let metadata = FileStatus(path: path + MetadataFile.suffix)?.stamp(now: now) else { return stamp }
    return metadata.isEmpty ? "" : "\(stamp) \(metadata)"
  }

  private func version(of file: WalkedFile) -> DocumentVersion {
    // The stamp is asked for before the file is read: a change meanwhile makes another one.
    DocumentVersion(
      root: root, path: file.relativePath, sha256: "", byteCount: file.byteCount, modificationTime: file.modificationTime, format: "", title: nil,
      stamp: Self.stamp(of: file.path))
  }
}
