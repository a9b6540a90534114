import ArgumentParser
import Store

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Compare everything in an index with everything else in it.",
    discussion: """
      Documents, passages, vectors and the files derived from them are compared both ways, and checksums are verified.
      What is derived can be made anew with --repair; what is wrong in the database itself is reported only: restore a
      backup, or ingest the documents again. Exit status 1 if something is wrong (and was not repaired).
      """)

  @Flag(help: "Make derived files anew where they are wrong.")
  var repair = false

  @OptionGroup var index: IndexFolderOptions

  @OptionGroup var output: OutputOptions

  /// The JSON form.
  private struct Result: Encodable {
    let findings: [AuditFinding]
    /// Those that were there before a repair and are not any more.
    let repaired: [AuditFinding]
  }

  func run() throws {
    let store = try Store.open(directory: index.index, access: repair ? .writing : .reading)
    var findings = try store.audit()
    var repaired: [AuditFinding] = []
    let damaged = Set(findings.filter(\.isDerived).compactMap(\.collection))
    if repair, !damaged.isEmpty {
      try store.rebuildDerived(of: damaged)
      let before = findings
      findings = try store.audit()
      repaired = before.filter { !findings.contains($0) }
    }
    if output.json {
      JSONOutput.write(Result(findings: findings, repaired: repaired))
    } else {
      for finding in repaired { show(finding, Terminal.output.style("repaired", .green)) }
      for finding in findings { show(finding, Terminal.output.style("wrong", .red)) }
      if findings.isEmpty {
        let collections = try store.collections()
        let documents = collections.reduce(0) { $0 + $1.documentCount }
        let chunks = collections.reduce(0) { $0 + $1.chunkCount }
        Terminal.write("all is well: \(documents) documents, \(chunks) chunks\n")
      }
    }
    if !findings.isEmpty { throw ExitCode.failure }
  }

  private func show(_ finding: AuditFinding, _ word: String) {
    Terminal.write("\(word) \(finding.collection.map { "\($0): " } ?? "")\(Terminal.printable(finding.message))\n")
  }
}
