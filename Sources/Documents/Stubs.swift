struct TableReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat
  func read(_ s: SourceText) throws(DocumentError) -> ExtractedDocument { throw .unsupported(path, "not yet") }
}
struct JSONReader {
  let path: String
  let limits: ReadingLimits
  func read(_ s: SourceText) throws(DocumentError) -> ExtractedDocument { throw .unsupported(path, "not yet") }
}
struct JSONLinesReader {
  let path: String
  let limits: ReadingLimits
  func read(_ s: SourceText) throws(DocumentError) -> ExtractedDocument { throw .unsupported(path, "not yet") }
}
struct CodeReader {
  let path: String
  let limits: ReadingLimits
  func read(_ s: SourceText) throws(DocumentError) -> ExtractedDocument { throw .unsupported(path, "not yet") }
}
