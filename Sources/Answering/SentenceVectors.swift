import Embedding
import Synchronization

/// Vectors of the sentences that were looked at lately: questions on one subject meet the same sentences again and again.
///
/// Guarded by `state`. A vector is the same bit for bit whether it comes from here or is made anew, so answers do not depend on it.
final class SentenceVectors: Sendable {
  /// 384 floats each: 6 MB of vectors.
  private static let capacity = 4096

  private struct State {
    var current: [String: [Float]] = [:]
    /// The generation before: what is used moves to `current`, the rest is forgotten when `current` is full.
    var previous: [String: [Float]] = [:]
  }

  private let embedder: Embedder
  private let state = Mutex(State())

  init(embedder: Embedder) { self.embedder = embedder }

  /// One vector a text, in order.
  func vectors(of texts: [String]) throws -> [[Float]] {
    var found: [String: [Float]] = [:]
    state.withLock { state in
      for text in texts { found[text] = state.current[text] ?? state.previous[text] }
    }
    var missing: [String] = []
    var seen = Set<String>()
    for text in texts where found[text] == nil && seen.insert(text).inserted { missing.append(text) }
    if !missing.isEmpty {
      for (text, vector) in zip(missing, try embedder.embed(missing)) { found[text] = vector }
    }
    let used = found
    state.withLock { state in
      for (text, vector) in used {
        if state.current.count >= Self.capacity / 2 {
          state.previous = state.current
          state.current = [:]
        }
        state.current[text] = vector
      }
    }
    return texts.compactMap { found[$0] }
  }
}
