/// The formats that Quarry reads.
package enum DocumentFormat: String, Sendable, Codable, CaseIterable {
  case markdown, html, plainText = "text", pdf, sourceCode = "code", csv, tsv, json, jsonLines = "jsonl"
}
