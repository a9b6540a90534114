import Diagnostics

/// A data set that is not one, or a result that could not be written.
package struct EvaluationError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static func dataSet(_ path: String, _ why: String) -> EvaluationError {
    EvaluationError(
      code: "data_set", message: "\(path) is not a data set in BEIR's form", why: why,
      remedy: "give a folder with corpus.jsonl, queries.jsonl and qrels.tsv")
  }

  static func questions(_ path: String, _ why: String) -> EvaluationError {
    EvaluationError(
      code: "questions", message: "\(path) is not a list of questions", why: why,
      remedy: "give a CSV file whose first line is question,expected and whose other lines have a question and the path of its document")
  }

  static func corpusMissing(collection: String, directory: String?) -> EvaluationError {
    EvaluationError(
      code: "corpus_missing", message: "there are no documents to search in the collection \(collection)\(directory.map { " of \($0)" } ?? "")",
      why: "a CSV file of questions brings none",
      remedy: "quarry ingest FOLDER --index DIR, then quarry eval QUESTIONS.csv --index DIR")
  }

  static func otherDocuments(_ dataSet: String, collection: String, directory: String) -> EvaluationError {
    EvaluationError(
      code: "other_documents", message: "the collection \(collection) in \(directory) holds none of the documents that \(dataSet) expects",
      why: "it was made of other documents", remedy: "name a collection or an index of its own: --collection \(dataSet), or --index DIR")
  }

  static func setting(_ text: String) -> EvaluationError {
    EvaluationError(
      code: "setting", message: "\(text) is no setting of retrieval", why: "it is not a known key with a value in its bounds",
      remedy: "as in dense-weight=0.6,candidates=100: " + RetrievalSetting.keys.map { "\($0.0) (\($0.1))" }.joined(separator: ", "))
  }

  static func output(_ path: String, _ why: String) -> EvaluationError {
    EvaluationError(code: "output", message: "could not write \(path)", why: why, remedy: nil)
  }

  static func context(_ context: Int, _ limit: Int) -> EvaluationError {
    EvaluationError(
      code: "context", message: "chunks of \(context) tokens cannot be measured", why: "the model reads \(limit) tokens at most, and a chunk needs 8",
      remedy: limit < 8 ? "choose another model" : "choose --context from 8 to \(limit)")
  }

  static func shortText(_ tokenCount: Int, _ context: Int) -> EvaluationError {
    EvaluationError(
      code: "short_text", message: "the text is too short to measure perplexity on",
      why: "it has \(tokenCount) tokens, and two chunks of \(context) are needed",
      remedy: tokenCount >= 16 ? "give a longer text, or --context \(tokenCount / 2)" : "give a longer text")
  }

  static func text(_ path: String, _ why: String) -> EvaluationError {
    EvaluationError(code: "text", message: "could not read \(path) as text", why: why, remedy: "give a file of UTF-8 text")
  }

  static func trace(_ path: String, line: Int) -> EvaluationError {
    EvaluationError(
      code: "trace", message: "\(path) is no trace of conversations", why: "line \(line) is not what a line of it is",
      remedy: #"each has a request as {"timestamp": 0, "input_length": 700, "output_length": 20, "hash_ids": [1, 2]}"#)
  }

  static func notANumber(_ path: String) -> EvaluationError {
    EvaluationError(
      code: "not_a_number", message: "\(path) computed a probability that is no number", why: "its weights are damaged, or not numbers either",
      remedy: "fetch the file again")
  }

  static func peer(_ name: String, _ why: String) -> EvaluationError {
    EvaluationError(
      code: "peer", message: "the peer could not be measured: \(name)", why: why, remedy: "make bench-peers, or measure without: --no-peers")
  }
}
