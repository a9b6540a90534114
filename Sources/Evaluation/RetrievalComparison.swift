import Foundation

/// Settings that were measured on the same queries, the first one against each of the others.
package struct RetrievalComparison: Sendable, Encodable {
  package struct Entry: Sendable, Encodable {
    package let setting: String
    package let measures: RetrievalMeasures
    /// Of nDCG@10 against the first entry; `nil` for that one.
    package let test: PairedTest?
  }

  package let set: String
  package private(set) var entries: [Entry] = []

  package init(set: String) { self.set = set }

  package mutating func add(_ setting: String, _ measures: RetrievalMeasures) {
    let test = entries.first.map { PairedTest($0.measures.ofQueries.map(\.nDCG10), measures.ofQueries.map(\.nDCG10)) }
    entries.append(Entry(setting: setting, measures: measures, test: test))
  }

  /// - Throws: `output` when the file cannot be written.
  package func writeHTML(to path: String) throws(EvaluationError) {
    do {
      try Data(html.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .output(path, error.localizedDescription)
    }
  }
}
