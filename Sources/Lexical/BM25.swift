import Foundation

/// How chunks are scored: BM25F (Robertson, Zaragoza and Taylor 2004, "Simple BM25 extension to multiple weighted fields") with weights that are
/// fixed when a text is indexed.
///
/// score = Σ idf(t) · (k1 + 1) · tf / (tf + k1 · (1 − b + b · length / average)), idf(t) = ln(1 + (N − df + ½) / (df + ½)),
/// where tf and length are sums over the fields, weighted, and length is kept in a byte (3 % at most too short).
package enum BM25 {
  package static let k1 = 1.2
  package static let b = 0.75
  /// How much a word counts by where it stands.
  package static let headerWeight: UInt32 = 1
  package static let contextWeight: UInt32 = 1
  package static let bodyWeight: UInt32 = 1

  /// Names how texts were analysed, weighted and stored. Segments of another version are rebuilt.
  package static let analysisVersion = "words 4, weights \(headerWeight)/\(contextWeight)/\(bodyWeight), form 1"

  /// - Parameters:
  ///   - chunkCount: Chunks that hold the term.
  ///   - total: All chunks.
  package static func inverseDocumentFrequency(chunkCount: Int, total: Int) -> Double {
    let (with, without) = (Double(chunkCount), Double(total - chunkCount))
    return log(1 + (without + 0.5) / (with + 0.5))
  }
}
