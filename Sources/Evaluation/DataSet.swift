import Documents
import Foundation

/// Questions whose documents are known: a folder in BEIR's form (Thakur et al. 2021) with corpus, queries, graded judgements, and answers where there
/// are any; or a CSV file of questions and paths for an index that is there.
package struct DataSet: Sendable {
  package struct Query: Sendable {
    package let id: String
    package let text: String
  }

  package let name: String
  package let queries: [Query]
  /// Grade, from 1 on, of each relevant document, by query; queries without one are left out.
  package let grades: [String: [String: Int]]

  /// What is to be ingested; `nil` if that was done.
  package let corpusPath: String?

  /// - Parameter path: A folder, or a file that ends in `.csv`.
  package init(path: String) throws(EvaluationError) {
    if path.lowercased().hasSuffix(".csv") { try self.init(questions: path) } else { try self.init(folder: path) }
  }

  private init(folder: String) throws(EvaluationError) {
    name = (folder as NSString).lastPathComponent
    corpusPath = folder + "/corpus.jsonl"
    guard FileManager.default.fileExists(atPath: folder + "/corpus.jsonl") else { throw .dataSet(folder, "it has no corpus.jsonl") }
    struct Row: Decodable {
      var _id: String
      var text: String
    }
    let decoder = JSONDecoder()
    var queries: [Query] = []
    var ids = Set<String>()
    for (number, line) in try Self.lines(of: "queries.jsonl", in: folder) {
      guard let row = try? decoder.decode(Row.self, from: Data(line.utf8)) else {
        throw .dataSet(folder, "queries.jsonl, line \(number), has no _id and text, both of them texts")
      }
      guard ids.insert(row._id).inserted else { throw .dataSet(folder, "queries.jsonl, line \(number), has the _id \(row._id) once more") }
      queries.append(Query(id: row._id, text: row.text))
    }
    self.queries = queries

    var grades: [String: [String: Int]] = [:]
    // BEIR itself has them in a folder.
    let judgements = FileManager.default.fileExists(atPath: folder + "/qrels.tsv") ? "qrels.tsv" : "qrels/test.tsv"
    for (number, line) in try Self.lines(of: judgements, in: folder) {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      // BEIR's begin with the columns' names, others do not.
      if number == 1, fields.count == 3, Double(fields[2]) == nil { continue }
      guard fields.count == 3, let grade = Int(fields[2]) else {
        throw .dataSet(folder, "\(judgements), line \(number), is not query, document, grade as a whole number, parted by tabs")
      }
      // Below 1 are documents that were judged and found wanting.
      grades[String(fields[0]), default: [:]][String(fields[1])] = grade > 0 ? grade : nil
    }
    grades = grades.filter { !$0.value.isEmpty }
    guard queries.contains(where: { grades[$0.id] != nil }) else { throw .dataSet(folder, "its qrels judge no document for any of its queries") }
    self.grades = grades
  }

  private init(questions path: String) throws(EvaluationError) {
    name = (path as NSString).lastPathComponent
    corpusPath = nil
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .questions(path, "it cannot be read: \(String(cString: strerror(errno)))")
    }
    let bytes = Self.withoutMark(data)
    if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) { throw .questions(path, "it is in UTF-16: save it as UTF-8") }
    // Spreadsheets of some countries write semicolons, and some write tabs.
    func table(_ delimiter: Unicode.Scalar) -> (rows: DelimitedText, question: Int, expected: Int, columns: Int)? {
      var rows = DelimitedText(bytes: Array(bytes), delimiter: UInt8(ascii: delimiter))
      let header = rows.next()?.fields.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces).lowercased() } ?? []
      guard let question = header.firstIndex(of: "question"), let expected = header.firstIndex(of: "expected") else { return nil }
      return (rows, question, expected, header.count)
    }
    guard let (rows, question, expected, columnCount) = table(",") ?? table(";") ?? table("\t") else {
      throw .questions(path, "its first line does not name the columns question and expected")
    }
    var (records, queries) = (rows, [Query]())
    var grades: [String: [String: Int]] = [:]
    while let record = records.next() {
      let fields = record.fields.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces) }
      if fields == [""] { continue }
      let place = "the record \(queries.count + 1) after the header"
      let documents = fields.count > expected ? fields[expected].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) } : []
      guard fields.count > question, fields[question].contains(where: { $0.isLetter || $0.isNumber }), documents.contains(where: { !$0.isEmpty })
      else { throw .questions(path, "\(place) has no question or no expected file") }
      guard fields.count <= columnCount else {
        throw .questions(
          path,
          "\(place) has \(fields.count) fields, and the first line names \(columnCount): put quotation marks around a field with separators in it")
      }
      guard !fields[question].contains(where: \.isNewline) else {
        throw .questions(path, "\(place) has a question of several lines: a quotation mark may be left open")
      }
      let id = "\(queries.count + 1)"
      queries.append(Query(id: id, text: fields[question]))
      for document in documents where !document.isEmpty { grades[id, default: [:]][document] = 1 }
    }
    guard !queries.isEmpty else { throw .questions(path, "it holds no question") }
    self.queries = queries
    self.grades = grades
  }

  /// Lines that hold something, with their numbers from 1. They end with a line feed, and with nothing else: JSON may hold other separators as they are.
  private static func lines(of name: String, in folder: String) throws(EvaluationError) -> [(number: Int, text: Substring)] {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
      throw .dataSet(folder, "\(name) cannot be read: \(String(cString: strerror(errno)))")
    }
    return zip(1..., withoutMark(data).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)).compactMap { number, bytes in
      let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
      return line.isEmpty ? nil : (number, Substring(decoding: line, as: UTF8.self))
    }
  }

  /// Spreadsheets and editors of Windows begin UTF-8 with a byte order mark.
  private static func withoutMark(_ data: Data) -> Data { data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data }
}
