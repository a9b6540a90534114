import Diagnostics

/// Why a search could not be made.
package struct RetrievalError: ExplainedError, Equatable {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  private static let emptyQuestionCode = "question_empty"
  private static let longQuestionCode = "question_too_long"

  /// Whether it is the question that cannot be searched for, whatever the collection.
  package var isOfQuestion: Bool { [Self.emptyQuestionCode, Self.longQuestionCode].contains(code) }

  static let emptyQuestion = RetrievalError(
    code: emptyQuestionCode, message: "the question is empty", why: "it holds nothing but white space or signs", remedy: "ask with a few words")

  static func questionTooLong(characters: Int, limit: Int) -> RetrievalError {
    RetrievalError(
      code: longQuestionCode, message: "the question has \(characters) characters",
      why: "at most \(limit) can be searched for; the embedding model reads far fewer",
      remedy: "ask for the one thing that matters, and ingest long texts as documents")
  }

  static func missingCollection(_ name: String) -> RetrievalError {
    RetrievalError(
      code: "collection_missing", message: "there is no collection \(name)", why: "nothing was ingested under this name",
      remedy: "quarry status lists the collections; quarry ingest FOLDER --collection \(name) makes it")
  }

  static func emptyCollection(_ name: String) -> RetrievalError {
    RetrievalError(
      code: "collection_empty", message: "the collection \(name) holds no text", why: "no document in it could be read, or all were removed",
      remedy: "quarry status says what failed; quarry ingest FOLDER adds documents")
  }

  static func nothingPasses(_ collection: String) -> RetrievalError {
    RetrievalError(
      code: "filter_matches_nothing", message: "no document of \(collection) passes the filter", why: "each condition that is set must hold",
      remedy: "quarry status --documents lists paths, formats and languages")
  }

  static func otherEmbedder(collection: String, expected: String, found: String) -> RetrievalError {
    RetrievalError(
      code: "embedder_mismatch", message: "the collection \(collection) was embedded with another model",
      why: "its vectors are of \(expected), the model in use is \(found), and the two do not compare",
      remedy: "quarry reindex --collection \(collection) makes the vectors anew; or use the model that they were made with")
  }
}
