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

  static func output(_ path: String, _ why: String) -> EvaluationError {
    EvaluationError(code: "output", message: "could not write \(path)", why: why, remedy: nil)
  }
}
