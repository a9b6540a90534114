import Foundation

/// A data set in BEIR's form (Thakur et al. 2021): corpus, queries, graded judgements, and answers where there are any.
package struct DataSet: Sendable {
  package struct Query: Sendable {
    package let id: String
    package let text: String
  }

  package let folder: String
  package let queries: [Query]
  /// Grade of each relevant document, by query.
  package let grades: [String: [String: Int]]

  package var corpusPath: String { folder + "/corpus.jsonl" }

  package init(folder: String) throws(EvaluationError) {
    self.folder = folder
    guard FileManager.default.fileExists(atPath: folder + "/corpus.jsonl") else { throw .dataSet(folder, "it has no corpus.jsonl") }
    struct Row: Decodable {
      var _id: String
      var text: String
    }
    let decoder = JSONDecoder()
    var queries: [Query] = []
    for (number, line) in try Self.lines(of: folder + "/queries.jsonl").enumerated() {
      guard let row = try? decoder.decode(Row.self, from: Data(line.utf8)) else {
        throw .dataSet(folder, "queries.jsonl, line \(number + 1), has no _id and text")
      }
      queries.append(Query(id: row._id, text: row.text))
    }
    self.queries = queries

    var grades: [String: [String: Int]] = [:]
    for (number, line) in try Self.lines(of: folder + "/qrels.tsv").dropFirst().enumerated() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 3, let grade = Int(fields[2]) else {
        throw .dataSet(folder, "qrels.tsv, line \(number + 2), is not query, document, grade")
      }
      grades[String(fields[0]), default: [:]][String(fields[1])] = grade
    }
    self.grades = grades
  }

  private static func lines(of path: String) throws(EvaluationError) -> [Substring] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .dataSet(path, "it cannot be read: \(String(cString: strerror(errno)))")
    }
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
  }
}
