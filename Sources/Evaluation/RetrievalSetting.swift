import Answering
import Retrieval

/// A way to search that is compared with others, written as `key=value,key=value`; the empty text is the default.
package struct RetrievalSetting: Sendable {
  package let name: String
  let options: SearchOptions
  /// The best documents that the generator judges.
  package let rerankLimit: Int

  package init() {
    name = "default"
    options = Self.standardOptions
    rerankLimit = 0
  }

  /// Recall is measured in the best 100 documents, and several chunks may be of one.
  private static var standardOptions: SearchOptions {
    var options = SearchOptions()
    options.candidateLimit = 300
    return options
  }

  /// What can be set, for people.
  package static let keys = [
    ("dense-weight", "the vectors' share of the score, 0 to 1"), ("ranks", "0 or 1, whether places are added up in the place of scores"),
    ("candidates", "chunks taken from each side, 10 to 10000; 300 by default, for the sake of the best 100 documents"),
    ("refine", "0 or 1, whether the best are looked at more closely"),
    ("rerank", "the best documents that the generator judges, 0 to 50"),
  ]

  /// - Throws: `setting` when a key is not known or its value is out of bounds.
  package init(_ text: String) throws(EvaluationError) {
    var options = Self.standardOptions
    var rerankLimit = 0
    var weight: Double?
    var usesRanks = false
    for part in text.split(separator: ",") {
      let words = part.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(" ") }
      guard words.count == 2 else { throw .setting(String(part)) }
      switch (words[0], Double(words[1])) {
      case ("dense-weight", let value?) where (0...1).contains(value): weight = value
      case ("ranks", let value?) where value == 0 || value == 1: usesRanks = value == 1
      case ("candidates", let value?) where (10...10_000).contains(value): options.candidateLimit = Int(value)
      case ("refine", let value?) where value == 0 || value == 1: options.refines = value == 1
      case ("rerank", let value?) where QueryLikelihood.limitRange.contains(Int(exactly: value) ?? -1): rerankLimit = Int(value)
      default: throw .setting(String(part))
      }
    }
    // Equal shares are what adding up places is known with.
    if let weight = weight ?? (usesRanks ? 0.5 : nil) { options.fusion = Fusion(denseWeight: weight, usesRanks: usesRanks) }
    self.options = options
    self.rerankLimit = rerankLimit
    name = text.isEmpty ? "default" : text
  }
}
