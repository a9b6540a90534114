import Diagnostics
import DurableFiles

/// What went wrong with a vector index: its file, its memory, or the vectors it was given.
package struct VectorIndexError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  /// The file is of an older form: a new one is built from the database.
  package var isOutdated: Bool { code == DurableFileError.outdatedCode }

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
    VectorIndexError(code: "vector_engine", message: "the vector index could not \(action)", why: words, remedy: nil)
  }

  static func file(_ error: DurableFileError) -> VectorIndexError {
    VectorIndexError(code: error.code, message: error.message, why: error.why, remedy: error.remedy)
  }

  static func damaged(_ path: String, _ reason: String) -> VectorIndexError { file(.damaged(path, reason)) }
}
