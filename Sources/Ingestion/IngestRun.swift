import Documents
import Foundation
import Store

/// What a run of ingestion has done so far, in the ledger and in its report.
struct IngestRun {
  var report: IngestReport
  private let store: Store
  private let collection: CollectionID
  private let root: String
  private let known: KnownFiles
  /// Places in the ledger of files that answer, by what is in them, where all of this run's are read again.
  private let copies: [ContentKey: [Int]]

  /// Files of this run that are in the ledger as they are now, where `copies` are asked for.
  private var noted: Set<PathKey> = []
  /// Files of the walk that were deleted before they were read.
  private var vanished: Set<PathKey> = []
  /// Files that were known and hold something else now.
  private var replaced: Set<PathKey> = []
  /// New files that share a document: its content, and the file that had it first.
  private var sharers: [(sha256: String, holder: (root: String, path: String))] = []

  /// Roots and paths of files that others were found to be equal to, and that could not be stored.
  private var unfinished: Set<[UInt8]> = []

  /// Files that are noted in one transaction, where there are many.
  static let changeCount = 10_000

  private let totalFiles: Int
  private let totalBytes: Double
  private var finishedFiles = 0
  private var finishedBytes = 0.0
  private var path = ""
  private let progress: (IngestProgress) -> Void

  init(
    store: Store, collection: CollectionID, known: KnownFiles, copies: [ContentKey: [Int]], files: [WalkedFile],
    report: IngestReport, progress: @escaping (IngestProgress) -> Void
  ) {
    self.report = report
    self.store = store
    self.collection = collection
    root = report.root
    self.known = known
    self.copies = copies
    totalFiles = files.count
    totalBytes = Double(files.reduce(0) { $0 + $1.byteCount })
    self.progress = progress
  }

  /// The files that have to be opened: new ones, those that the file system says were changed, and failures that may be none any more. Every
  /// other file is counted, and every file has its row in the ledger when this returns.
  mutating func filesToRead(_ walk: ScopeWalk, _ preparation: FilePreparation, _ options: IngestOptions) throws -> [WalkedFile] {
    var work: [WalkedFile] = []
    var confirmed: [String] = []
    var changes = noteOmissions(walk)
    for file in walk.files {
      let entry = known[file.relativePath]
      let stamp = FilePreparation.stamp(of: file.path)
      if let entry, !stamp.isEmpty, !options.rereadsAll, isSettled(entry, stamp: stamp, preparation, options) {
        switch entry.state {
        case .failed: report.failed.append(.init(path: file.relativePath, reason: entry.reason ?? ""))
        case .skipped: report.skipped.append(.init(path: file.relativePath, reason: entry.reason ?? ""))
        default:
          report.unchanged += 1
          if entry.state == .done { confirmed.append(file.relativePath) }
        }
        finishedFiles += 1
        finishedBytes += Double(file.byteCount)
      } else {
        work.append(file)
        if entry == nil || entry?.state == .gone { changes.append(FileChange(version(of: file), .waiting)) }
      }
      guard changes.count >= Self.changeCount else { continue }
      try store.apply(changes, in: collection)
      changes = []
    }
    try store.confirm(confirmed, under: root, in: collection)
    try store.apply(changes, in: collection)
    show(bytes: finishedBytes)
    return work
  }

  private func isSettled(_ entry: LedgerEntry, stamp: String, _ preparation: FilePreparation, _ options: IngestOptions) -> Bool {
    switch entry.state {
    case .done, .unchanged: entry.stamp == stamp && !preparation.isDouble(entry)
    // Rights and disks come back without a trace at the file.
    case .failed: entry.stamp == preparation.failureStamp(stamp) && !options.retriesFailed && entry.code != "document_unreadable"
    case .skipped: entry.stamp == preparation.failureStamp(stamp)
    case .new, .gone: false
    }
  }

  private mutating func noteOmissions(_ walk: ScopeWalk) -> [FileChange] {
    walk.omissions.compactMap { omission in
      let isFailure = omission.kind == .unreadable
      if isFailure {
        report.failed.append(.init(path: omission.relativePath, reason: omission.reason))
      } else {
        report.ignored += 1
      }
      let entry = known[omission.relativePath]
      if entry?.state == (isFailure ? .failed : .skipped), entry?.reason == omission.reason { return nil }
      // What cannot be read still answers as it was.
      if entry?.documentID != nil, !isFailure { report.removed += 1 }
      return FileChange(
        DocumentVersion(root: root, path: omission.relativePath, sha256: "", byteCount: 0, modificationTime: 0, format: "", title: nil),
        isFailure ? .failed(code: "document_unreadable") : .skipped, reason: omission.reason)
    }
  }

  private func version(of file: WalkedFile) -> DocumentVersion {
    DocumentVersion(
      root: root, path: file.relativePath, sha256: "", byteCount: file.byteCount, modificationTime: file.modificationTime, format: "", title: nil)
  }

  /// Puts into the ledger what was found out about files, in one transaction.
  ///
  /// - Parameter chunks: Of a file that was read, with their vectors.
  mutating func note(
    _ files: [PreparedFile], embeddingSeconds: Double = 0,
    chunks: (PreparedFile) -> ChunkStream = { _ in preconditionFailure("nothing was read, and chunks are asked for") }
  ) throws {
    let tokens = files.reduce(0) { $0 + $1.tokenCount }
    var changes: [FileChange] = []
    var forgotten: [(root: String, path: String)] = []
    if !copies.isEmpty { noted.formUnion(files.map { PathKey($0.file.relativePath) }) }
    for prepared in files {
      let entry = known[prepared.file.relativePath]
      let isKnown = entry?.state.answers ?? false || entry?.state == .failed
      var change = FileChange(prepared.version, .unchanged, seconds: prepared.seconds)
      switch prepared.outcome {
      case .read, .long:
        let chunks = chunks(prepared)
        change.outcome = .stored(chunks)
        change.reason = prepared.remark
        if files.count == 1 {
          change.seconds += embeddingSeconds
        } else if tokens > 0 {
          change.seconds += embeddingSeconds * Double(prepared.tokenCount) / Double(tokens)
        }
        report.chunks += chunks.count
        if isKnown { report.updated += 1 } else { report.added += 1 }
        if let entry { replaced.insert(PathKey(entry.path)) }
        for (problem, isFailure) in prepared.omissions {
          if isFailure { report.failed.append(problem) } else { report.skipped.append(problem) }
        }
      case .sameAs(let root, let path) where unfinished.contains(Array("\(root)\0\(path)".utf8)):
        let error = DocumentError.changed(path)
        change = failure(prepared, code: error.code, reason: "\(path), which held the same, could not be read to its end")
      case .sameAs(let root, let path):
        change.outcome = .sameAs(root: root, path: path)
        if let entry { replaced.insert(PathKey(entry.path)) }
        if isKnown { report.updated += 1 } else { sharers.append((prepared.version.sha256, (root, path))) }
      case .unchanged:
        report.unchanged += 1
      case .failed(let code, let reason):
        change = failure(prepared, code: code, reason: reason)
      case .skipped(let reason):
        change.outcome = .skipped
        change.reason = reason
        report.skipped.append(.init(path: prepared.file.relativePath, reason: reason))
        if entry?.documentID != nil { report.removed += 1 }
      case .vanished:
        // As if it had not been there.
        vanished.insert(PathKey(prepared.file.relativePath))
        if entry == nil || entry?.state == .gone { forgotten.append((root, prepared.file.relativePath)) }
        continue
      }
      changes.append(change)
      if case .stored = change.outcome { changes += copies(of: prepared) }
    }
    try store.apply(changes, in: collection)
    try store.remove(paths: forgotten, from: collection)
    for prepared in files {
      finishedFiles += 1
      finishedBytes += Double(prepared.file.byteCount)
    }
    show(bytes: finishedBytes)
  }

  /// What is read again takes along all others that hold the same, so that they are one document whatever ends the run before they are looked at; those
  /// of other folders are not.
  private func copies(of prepared: PreparedFile) -> [FileChange] {
    let key = ContentKey(sha256: prepared.version.sha256, path: prepared.file.relativePath)
    return (copies[key] ?? []).map { known.ledger[$0] }.filter { !$0.root.hasBytes(of: root) || !noted.contains(PathKey($0.path)) }.map { entry in
      FileChange(
        DocumentVersion(entry), .sameAs(root: root, path: prepared.file.relativePath), reason: entry.reason, seconds: entry.seconds)
    }
  }

  private mutating func failure(_ prepared: PreparedFile, code: String, reason: String) -> FileChange {
    report.failed.append(.init(path: prepared.file.relativePath, reason: reason))
    return FileChange(prepared.version, .failed(code: code), reason: reason, seconds: prepared.seconds)
  }

  /// Notes that a large file could not be read to its end, or not twice; an older version of it still answers.
  ///
  /// - Parameter stamp: With which it would fail again.
  mutating func noteFailure(of prepared: PreparedFile, _ error: DocumentError, stamp: String) throws {
    unfinished.insert(Array("\(root)\0\(prepared.file.relativePath)".utf8))
    var failed = prepared
    failed.outcome = .failed(code: error.code, reason: error.why ?? error.message)
    failed.version.stamp = stamp
    try note([failed])
  }

  /// Whether the next run could use what was embedded of a file that could not be stored.
  var leavesStagedVectors: Bool { !unfinished.isEmpty }

  /// Takes out what is no longer there, and what belonged to a folder inside this one and is this one's now.
  ///
  /// - Parameter acceptsEmptiedFolders: Whether folders inside this one that were ingested by themselves, and of which nothing is there, were deleted: they
  ///   may be those of disks that are not mounted.
  mutating func removeWhatIsGone(_ walk: ScopeWalk, scope: IngestScope, acceptsEmptiedFolders: Bool) throws {
    let files = Set(walk.files.lazy.map { PathKey($0.relativePath) }).subtracting(vanished)
    var changes: [FileChange] = []
    var forgotten: [(root: String, path: String)] = []
    for entry in known.entries where entry.state != .gone && !files.contains(PathKey(entry.path)) && scope.contains(entry.path) {
      guard walk.omission(at: entry.path) == nil else { continue }
      guard entry.state.answers || entry.state == .failed && !entry.path.hasSuffix("/") else {
        forgotten.append((root, entry.path))
        continue
      }
      var version = DocumentVersion(entry)
      // Looked at when it may be read again.
      version.stamp = ""
      if let omission = walk.omission(around: entry.path) {
        // What lies in a folder that cannot be looked into may be there as it was.
        guard omission.kind == .byRule else { continue }
        changes.append(FileChange(version, .skipped, reason: omission.reason))
      } else {
        changes.append(FileChange(version, .gone))
      }
      if entry.documentID != nil { report.removed += 1 }
    }

    let failed = Set(report.failed.lazy.map { PathKey($0.path) })
    var doubles: [(root: String, path: String)] = []
    for (inner, entries) in innerEntries(scope) {
      let documentCount = entries.count { $0.entry.documentID != nil }
      if !acceptsEmptiedFolders, documentCount >= Ingestor.suspiciousCount, !entries.contains(where: { files.contains(PathKey($0.path)) }) {
        report.notices.append(
          "\(documentCount) documents are known from \(inner.path), and none of them is there: they are kept, as its disk may not be mounted; "
            + "quarry ingest --allow-empty forgets them")
        continue
      }
      for (entry, path) in entries {
        if files.contains(PathKey(path)) {
          if !failed.contains(PathKey(path)) { doubles.append((entry.root, entry.path)) }
        } else if entry.documentID == nil {
          // What is known of it is this folder's.
          forgotten.append((entry.root, entry.path))
        } else if walk.omission(at: path) == nil, walk.omission(around: path) == nil {
          var version = DocumentVersion(entry)
          version.stamp = ""
          changes.append(FileChange(version, .gone))
          report.removed += 1
        }
      }
    }
    countSharers(gone: changes.map { (root: $0.version.root, path: $0.version.path) }, doubles: doubles)

    changes.sort { $0.version.path < $1.version.path }
    try store.apply(changes, in: collection)
    try store.remove(paths: forgotten + doubles, from: collection)
  }

  /// What is known of folders inside this one that were ingested by themselves, with paths relative to this one.
  private func innerEntries(_ scope: IngestScope) -> [PathKey: [(entry: LedgerEntry, path: String)]] {
    var found: [PathKey: [(entry: LedgerEntry, path: String)]] = [:]
    for entry in known.ledger where entry.state != .gone && !entry.root.hasBytes(of: root) {
      if let path = scope.path(of: entry) { found[PathKey(entry.root), default: []].append((entry, path)) }
    }
    return found
  }

  /// A file whose content was known under a path that is gone, or holds something else now, was moved; others are copies.
  private mutating func countSharers(gone: [(root: String, path: String)], doubles: [(root: String, path: String)]) {
    func key(_ root: String, _ path: String) -> [UInt8] { Array("\(root)\0\(path)".utf8) }
    var left = Set((gone + doubles).map { key($0.root, $0.path) })
    for path in replaced { left.insert(key(root, path.path)) }
    let goneKeys = Set(gone.map { key($0.root, $0.path) })
    for sharer in sharers {
      let holder = key(sharer.holder.root, sharer.holder.path)
      // One that was read in this run alone had it from the beginning.
      let entry = known[sharer.holder.path]
      let hadIt = !sharer.holder.root.hasBytes(of: root) || entry?.documentID != nil && entry?.sha256 == sharer.sha256
      if hadIt, left.remove(holder) != nil {
        report.moved += 1
        if goneKeys.contains(holder) { report.removed -= 1 }
      } else {
        report.identical += 1
      }
    }
  }

  mutating func embedded(_ slice: ChunkEmbedding.Slice, of batch: [PreparedFile]) {
    report.embeddedTokens += slice.tokens
    report.embeddingSeconds += slice.seconds
    show(bytes: finishedBytes + slice.fraction * Double(batch.reduce(0) { $0 + $1.file.byteCount }))
  }

  mutating func begin(_ file: WalkedFile) { path = file.relativePath }

  /// Tells what is done now.
  ///
  /// - Parameter file: That is embedded, and not finished.
  func show(_ step: IngestProgress.Step, of file: PreparedFile? = nil) { show(bytes: finishedBytes + Double(file?.file.byteCount ?? 0), step) }

  private func show(bytes: Double, _ step: IngestProgress.Step = .reading) {
    progress(
      IngestProgress(
        step: step, finishedFiles: finishedFiles, totalFiles: totalFiles, finishedBytes: bytes, totalBytes: totalBytes,
        embeddedTokens: report.embeddedTokens,
        path: path))
  }
}
