import Diagnostics

/// What went wrong with a vector index: its file, its memory, or the vectors it was given.
package struct VectorIndexError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static func wrongDimension(expected: Int, found: Int) -> VectorIndexError {
    VectorIndexError(
      code: "vector_dimension", message: "the vectors do not fit the index", why: "expected a multiple of \(expected) numbers, found \(found)",
      remedy: "search with the embedder that the index was built with")
  }

  static func notFinite() -> VectorIndexError {
    VectorIndexError(
      code: "vector_not_finite", message: "a vector holds a number that is not finite", why: "infinity and NaN have no place in a ranking",
      remedy: nil)
  }

  static func engine(_ action: String, _ words: String) -> VectorIndexError {
    VectorIndexError(code: "vector_engine", message: "FAISS could not \(action)", why: words, remedy: nil)
  }

  static func file(_ path: String, _ action: String, _ reason: String) -> VectorIndexError {
    VectorIndexError(
      code: "vector_file", message: "could not \(action) \(path)", why: reason,
      remedy: "check the free space and the permissions of its folder; the index is rebuilt from the database")
  }

  static func damaged(_ path: String, _ reason: String) -> VectorIndexError {
    VectorIndexError(
      code: "vector_file_damaged", message: "\(path) is damaged", why: reason, remedy: "nothing is lost: the index is rebuilt from the database")
  }

  static func unknownVersion(_ path: String, found: UInt32, known: UInt32) -> VectorIndexError {
    VectorIndexError(
      code: "vector_file_version", message: "\(path) is of a format that this version of Quarry does not read",
      why: "it has version \(found), known is \(known)", remedy: "use the version of Quarry that wrote it, or let this one rebuild the index")
  }
}
