/// Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the next passage is the one of largest (1 - d) · score - d · the largest cosine with
/// one that was taken, so that the first few do not all say the same.
package enum Diversity {
  /// Passages that are put in order; those after them keep theirs.
  static let depth = 50

  /// - Parameters:
  ///   - passages: Best first; scores from 0 to 1, vectors L2-normalised.
  ///   - diversity: d, from 0, which changes nothing, to 1.
  /// - Returns: Their indices in the new order.
  package static func order(_ passages: [(score: Double, vector: [Float])], diversity: Double) -> [Int] {
    var left = Array(passages.indices)
    var taken: [Int] = []
    // The largest cosine with a passage that was taken.
    var nearest = [Double](repeating: 0, count: passages.count)
    while !left.isEmpty {
      var best = 0
      func worth(_ place: Int) -> Double { (1 - diversity) * passages[left[place]].score - diversity * nearest[left[place]] }
      for place in left.indices.dropFirst() where worth(place) > worth(best) { best = place }
      let chosen = left.remove(at: best)
      taken.append(chosen)
      for index in left {
        let cosine = zip(passages[index].vector, passages[chosen].vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        nearest[index] = max(nearest[index], Double(cosine))
      }
    }
    return taken
  }
}
