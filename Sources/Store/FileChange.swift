/// What a run of ingestion found out about one file.
package struct FileChange {
  package enum Outcome {
    /// It was seen; reading it comes later.
    case waiting
    /// A version that is new, with its chunks.
    case stored(ChunkStream)
    /// Its content is that of another file of the collection, which answers: they share a document.
    case sameAs(root: String, path: String)
    /// Its content is what is known; the file system may say something new about it.
    case unchanged
    /// It could not be read; what an older version says stays.
    case failed(code: String?)
    /// It is left out, and an older version of it no longer answers.
    case skipped
    /// It is no longer there.
    case gone
  }

  package var version: DocumentVersion
  package var outcome: Outcome
  /// One sentence; what a failure or an omission needs, and what is missing of a document that is done.
  package var reason: String?
  package var seconds: Double

  package init(_ version: DocumentVersion, _ outcome: Outcome, reason: String? = nil, seconds: Double = 0) {
    self.version = version
    self.outcome = outcome
    self.reason = reason
    self.seconds = seconds
  }
}

/// The chunks of a document, given out a few at a time: those of a large one are never held together.
package struct ChunkStream {
  package let count: Int
  /// Calls its argument with some chunks after the others, in their order; asked once, while the document is written.
  let forEachBatch: (_ body: ([EmbeddedChunk]) throws -> Void) throws -> Void

  /// - Parameter count: How many there will be.
  package init(count: Int, forEachBatch: @escaping (_ body: ([EmbeddedChunk]) throws -> Void) throws -> Void) {
    self.count = count
    self.forEachBatch = forEachBatch
  }

  package init(_ chunks: [EmbeddedChunk]) {
    self.init(count: chunks.count) { body in try body(chunks) }
  }
}
