/// An archive as a document of many: each file in it that can be read is a record with its name.
struct ArchiveReader {
  let path: String
  let limits: ReadingLimits
  let nesting: Nesting

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    var members = MemberDocuments(path: path, limits: limits, nesting: nesting)
    let (entries, faults) = try ArchiveEntries(path: path, limits: limits).readSound(data)
    for fault in faults where !isOfNoInterest(fault.name) { members.fail(fault.name, fault.reason) }
    for entry in entries.sorted(by: { $0.name < $1.name }) {
      if isOfNoInterest(entry.name) {
        members.leaveOut(entry.name, "it is hidden, or lies in a folder of what programs made")
        continue
      }
      try members.add(entry.data, named: entry.name)
    }
    return try members.document(.archive, title: nil, whyEmpty: "no file in it has text that Quarry reads")
  }

  /// What a walk through a folder would leave out too.
  private func isOfNoInterest(_ name: String) -> Bool {
    name.split(separator: "/").contains {
      ($0.hasPrefix(".") && $0 != "." && $0 != "..") || FolderWalk.skippedFolders.contains(String($0)) || $0 == "__MACOSX"
    }
  }
}

/// A single file that is compressed (`notes.txt.gz`): what is in it, read as what its name says without the last suffix.
struct CompressedReader {
  let path: String
  let limits: ReadingLimits
  let nesting: Nesting

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    try nesting.takeMember(of: path, limits: limits)
    let isGzip = data.starts(with: [0x1F, 0x8B])
    let program = isGzip ? ConverterProgram.gzip : .bsdcat
    let output = try program.convert(data, of: path, [isGzip ? "-dc" : "-"], limits: limits)
    // 2 is gzip's warning: of zeros behind the end, for one.
    guard output.exitCode == 0 || isGzip && output.exitCode == 2 else {
      throw .malformed(path, "compressed file", program.complaint(output))
    }
    guard output.bytes != data else {
      // What bsdcat does not know it gives as it is.
      if TextDecoding.isText(data[...]) { return try DocumentReader(limits: limits).text(data, path: path, format: nil) }
      throw .malformed(path, "compressed file", "it is of no form of compression that is known")
    }
    let inner = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? path
    return try DocumentReader(limits: limits).read(output.bytes, path: inner, nesting: nesting.inner)
  }
}

/// Puts the documents inside a document together: each a record with its name, what cannot be read noted as an omission.
struct MemberDocuments {
  private let path: String
  private let limits: ReadingLimits
  private let nesting: Nesting
  private var builder: BlockBuilder
  private var omissions: [ExtractedDocument.Omission] = []
  /// Of the first member that failed for something else than what it holds.
  private var obstacle: (error: DocumentError, name: String)?

  /// - Parameter nesting: Of the document which holds them.
  init(path: String, limits: ReadingLimits, nesting: Nesting) {
    self.path = path
    self.limits = limits
    self.nesting = nesting
    builder = BlockBuilder(path: path, limits: limits)
  }

  /// Reads a member; throws only if all of them together pass a limit.
  mutating func add(_ data: [UInt8], named name: String) throws(DocumentError) {
    try nesting.takeMember(of: path, limits: limits)
    let document: ExtractedDocument
    do throws(DocumentError) {
      document = try DocumentReader(limits: limits).read(data, path: "\(path)/\(name)", nesting: nesting.inner)
    } catch {
      note(error, of: name, isEmpty: data.isEmpty)
      return
    }
    try add(document, named: name)
  }

  /// Notes that a member could not be read.
  mutating func note(_ error: DocumentError, of name: String, isEmpty: Bool) {
    omissions.append(.init(name: name, reason: error.why ?? error.message, isFailure: !error.isUnsupportedFormat && !isEmpty))
    if obstacle == nil, !error.isOfContent { obstacle = (error, name) }
  }

  /// Notes that a member is damaged or locked.
  mutating func fail(_ name: String, _ reason: String) { omissions.append(.init(name: name, reason: reason, isFailure: true)) }

  /// Notes that a member was left out by a rule.
  mutating func leaveOut(_ name: String, _ reason: String) { omissions.append(.init(name: name, reason: reason, isFailure: false)) }

  /// Adds a member that is already read; without a name it is the document's own text.
  mutating func add(_ document: ExtractedDocument, named name: String?) throws(DocumentError) {
    omissions += document.omissions.map { .init(name: "\(name.map { "\($0)/" } ?? "")\($0.name)", reason: $0.reason, isFailure: $0.isFailure) }
    try builder.append(document, record: name.map { RecordIdentity(name: $0, title: document.title) })
  }

  func document(_ format: DocumentFormat, title: String?, whyEmpty: String) throws(DocumentError) -> ExtractedDocument {
    if builder.blocks.isEmpty, let obstacle { throw obstacle.error.ofMember(obstacle.name, in: path) }
    return try builder.document(format, title: title, omissions: omissions, whyEmpty: whyEmpty)
  }
}
