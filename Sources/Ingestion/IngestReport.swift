/// What one run of ingestion did: the JSON form of `quarry ingest --json`.
package struct IngestReport: Sendable, Codable {
  /// A file that was not ingested, with the reason.
  package struct Problem: Sendable, Codable {
    package var path: String
    package var reason: String
  }

  package var root: String
  package var collection: String
  package var added = 0
  package var updated = 0
  package var unchanged = 0
  /// Files whose content was known under a path that is gone.
  package var moved = 0
  /// New files whose content another file has, whose document they share.
  package var identical = 0
  package var removed = 0
  /// Files that should be readable and are not; an older version of theirs still answers.
  package var failed: [Problem] = []
  /// Files of kinds that Quarry does not read.
  package var skipped: [Problem] = []
  /// Files and folders that a rule leaves out: hidden ones, those that an ignore file names, and the like.
  package var ignored = 0
  package var chunks = 0
  /// Chunks whose vector was known from the same text before.
  package var reusedChunks = 0
  package var embeddedTokens = 0
  package var seconds = 0.0
  /// Seconds of `seconds` spent in the embedder.
  package var embeddingSeconds = 0.0
  package var notices: [String] = []

  package var tokensPerSecond: Double { embeddingSeconds > 0 ? Double(embeddedTokens) / embeddingSeconds : 0 }

  /// Whether a search may now find something else.
  package var changedSomething: Bool { added + updated + moved + identical + removed > 0 }

  /// Whether there was something to read, and none of it could be.
  package var readNothing: Bool { added + updated + unchanged + moved + identical == 0 && !failed.isEmpty }

  enum CodingKeys: String, CodingKey {
    case root, collection, added, updated, unchanged, moved, identical, removed, failed, skipped, ignored, chunks, seconds, notices
    case reusedChunks = "reused_chunks"
    case embeddedTokens = "embedded_tokens"
    case embeddingSeconds = "embedding_seconds"
  }
}

/// How far ingestion is.
package struct IngestProgress: Sendable {
  package enum Step: Sendable {
    case reading
    /// All of a large document is embedded, and is written in one transaction.
    case storing
    /// All is stored, and the indexes are brought up to date.
    case indexing
  }

  package var step: Step
  package var finishedFiles: Int
  package var totalFiles: Int
  /// Bytes of files that are done, and of the one at hand as far as it is embedded.
  package var finishedBytes: Double
  package var totalBytes: Double
  package var embeddedTokens: Int
  package var path: String
}
