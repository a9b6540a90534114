struct CodeReader {
  let path: String
  let limits: ReadingLimits
  func read(_ s: SourceText) throws(DocumentError) -> ExtractedDocument { throw .unsupported(path, "not yet") }
}
