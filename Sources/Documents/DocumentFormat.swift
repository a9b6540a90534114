/// The formats that Quarry reads.
package enum DocumentFormat: String, Sendable, Codable, CaseIterable {
  case markdown, html
  case plainText = "text"
  case pdf
  case sourceCode = "code"
  case csv, tsv, json
  case jsonLines = "jsonl"
}
