/// Tells messages from other text by their first lines: files of a mail folder (Maildir) have names that say nothing.
enum MailHeader {
  /// What is looked through: programs on a message's way write some kilobytes before what its sender wrote.
  private static let byteCount = 1 << 16

  /// Fields that people write above a note as well, as they do above a message.
  private static let common: Set<String> = ["date", "subject", "to"]

  /// Fields that only programs write (RFC 5322, 3.6; RFC 2045; RFC 6376).
  private static let technical: Set<String> = [
    "message-id", "received", "return-path", "mime-version", "content-type", "content-transfer-encoding", "delivered-to", "x-original-to",
    "references",
    "in-reply-to", "dkim-signature", "authentication-results", "received-spf", "arc-seal", "x-mailer", "user-agent", "list-id", "x-received",
  ]

  /// Whether lines of fields stand before the first empty line and nothing else, among them who wrote it, what it is about or on its way to, and
  /// something of a program's.
  static func begins(_ data: [UInt8]) -> Bool {
    var names: Set<String> = []
    let head = data.prefix(byteCount)
    for (number, line) in head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard let first = line.first, first != UInt8(ascii: "\r") else { break }
      // The line before goes on (RFC 5322, 2.2.3).
      if number > 0, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { continue }
      // What is cut off by the limit is no fault.
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return line.endIndex == head.endIndex && isComplete(names) }
      let name = line[..<colon]
      guard !name.isEmpty, name.count <= 76, name.allSatisfy({ (33...126).contains($0) }) else { return false }
      names.insert(String(decoding: name, as: UTF8.self).lowercased())
    }
    return isComplete(names)
  }

  private static func isComplete(_ names: Set<String>) -> Bool {
    let ofPrograms = names.intersection(technical)
    guard names.contains("from"), !ofPrograms.isEmpty else { return false }
    return !names.isDisjoint(with: common) || ofPrograms.contains("message-id") || ofPrograms.contains("received")
  }
}
