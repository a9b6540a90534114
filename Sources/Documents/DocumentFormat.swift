/// The formats that Quarry reads.
package enum DocumentFormat: String, Sendable, Codable, CaseIterable {
  case markdown, html
  case plainText = "text"
  case pdf
  case sourceCode = "code"
  case csv, tsv, json
  case jsonLines = "jsonl"
  case xml
  // Office
  case docx, odt, rtf, pptx, odp, xlsx, ods
  case epub
  // Markup
  case notebook
  case restructuredText = "rst"
  case org, latex, man
  case subtitles
  // What holds other documents
  case email, mailbox, archive
  /// One file, compressed: it is what is in it.
  case compressed
  /// A picture of text.
  case image
}
