package import Chunking
import Crypto
import DurableFiles
package import Foundation

/// Which model made a collection's vectors; only vectors of one model compare.
package struct EmbedderIdentity: Sendable, Hashable, Codable {
  /// Stable hash of the model's files.
  package var fingerprint: String
  /// Numbers in a vector.
  package var dimension: Int

  package init(fingerprint: String, dimension: Int) {
    self.fingerprint = fingerprint
    self.dimension = dimension
  }
}

/// The key of a collection inside one index; never given twice.
package struct CollectionID: Hashable, Sendable {
  package var rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// A collection that is there.
package struct CollectionHandle: Sendable, Hashable {
  package var id: CollectionID
  package var name: String
  package var embedder: EmbedderIdentity
  /// The vectors' share of a score as it was learnt for this collection; `nil` for the default.
  package var denseWeight: Double?
  /// How its documents were cut into passages; empty where that is not known.
  package var chunker = ""
}

/// One state of one file.
package struct DocumentVersion: Sendable, Equatable {
  /// Absolute path of the folder that was ingested.
  package var root: String
  /// Relative to `root`.
  package var path: String
  /// Of the file's bytes, and those of its metadata's file if it has one; lower-case hexadecimal.
  package var sha256: String
  package var byteCount: Int64
  /// Nanoseconds since 1970.
  package var modificationTime: Int64
  /// A `DocumentFormat`'s raw value; empty where the file could not be read.
  package var format: String
  package var title: String?
  /// What it is written in, as `en`; `nil` where that is not known.
  package var language: String?
  /// What its author says about it: values, as text, by key.
  package var metadata: [String: [String]]
  /// What the file system says about the file; as long as it says the same, the file is taken to be the same. Empty where that is not known.
  package var stamp: String

  package init(
    root: String, path: String, sha256: String, byteCount: Int64, modificationTime: Int64, format: String, title: String?, language: String? = nil,
    metadata: [String: [String]] = [:], stamp: String = ""
  ) {
    self.stamp = stamp
    self.language = language
    self.metadata = metadata
    self.root = root
    self.path = path
    self.sha256 = sha256
    self.byteCount = byteCount
    self.modificationTime = modificationTime
    self.format = format
    self.title = title
  }

  /// A file as the ledger has it, without its metadata.
  package init(_ entry: LedgerEntry) {
    self.init(
      root: entry.root, path: entry.path, sha256: entry.sha256, byteCount: entry.byteCount, modificationTime: entry.modificationTime,
      format: entry.format, title: entry.title, language: entry.language, stamp: entry.stamp)
  }
}

/// A chunk with the vector of its `indexedText`.
package struct EmbeddedChunk: Sendable {
  package var chunk: Chunk
  /// SHA-256 of the chunk's `indexedText`, lower-case hexadecimal: equal text has an equal vector.
  package var contentHash: String
  package var vector: [Float]

  /// See `contentHash`.
  package static func contentHash(of chunk: Chunk) -> String { hexadecimal(SHA256.hash(data: Data(chunk.indexedText.utf8))) }

  package init(chunk: Chunk, contentHash: String, vector: [Float]) {
    self.chunk = chunk
    self.contentHash = contentHash
    self.vector = vector
  }
}

/// What became of a file.
package enum FileState: String, Sendable, Codable, CaseIterable {
  /// It was seen, and is not read yet: a run goes on, or was stopped before it.
  case new
  /// Its newest version answers, and was read when it was last looked at.
  case done
  /// Its newest version answers, and was the one that is known when it was last looked at.
  case unchanged
  /// Its newest version could not be read; chunks, if any, are of an older one.
  case failed
  /// It is left out: by a rule, or because nothing reads its kind.
  case skipped
  /// It is no longer there.
  case gone

  /// Whether its newest version answers.
  package var answers: Bool { self == .done || self == .unchanged }
}

/// What is known of one file.
package struct LedgerEntry: Sendable, Equatable {
  package var root: String
  package var path: String
  /// Of the version that was last looked at, whether it could be read or not; empty if it was not opened.
  package var sha256: String
  package var byteCount: Int64
  package var modificationTime: Int64
  /// See `DocumentVersion.stamp`.
  package var stamp: String
  package var state: FileState
  /// The error's code where it failed.
  package var code: String?
  /// Why it failed or was left out; what could not be read of one that is done.
  package var reason: String?
  /// Time that reading, embedding and storing took.
  package var seconds: Double
  /// When this was noted.
  package var notedAt: Date
  /// The document whose chunks answer for it, which other files of the same content share.
  package var documentID: Int64?
  package var title: String?
  package var format: String
  package var language: String?
  package var chunkCount: Int
}

/// A chunk's key with how well it fits a query: larger is better.
package struct ScoredChunk: Sendable, Equatable {
  package var chunkID: Int64
  package var score: Double

  package init(chunkID: Int64, score: Double) {
    self.chunkID = chunkID
    self.score = score
  }
}

/// One collection in numbers.
package struct CollectionStatus: Sendable, Equatable {
  package var id: CollectionID
  package var name: String
  /// Files by what became of them; a state that none is in is left out.
  package var fileCounts: [FileState: Int]
  package var chunkCount: Int
  package var embedder: EmbedderIdentity
  /// The graphs on disk; `nil` while all vectors are compared.
  package var generation: GenerationStatus?
  /// Files of vectors and of words that are not there, or not those that the database means; searches read the database in their place. Seen by the
  /// files' ends, not by all of them.
  package var unusableFiles: [String]
  /// Chunks newer than the graphs, which are compared one by one; 0 without a graph.
  package var pendingCount: Int
  /// The vectors' share of a score as it was learnt; `nil` for the default.
  package var denseWeight: Double?
  /// The index's sequence number at the collection's last change.
  package var sequence: Int64

  /// Files whose newest version answers.
  package var documentCount: Int { FileState.allCases.reduce(0) { $0 + ($1.answers ? fileCounts[$1] ?? 0 : 0) } }
  /// Files whose newest version could not be read.
  package var failedCount: Int { fileCounts[.failed] ?? 0 }
}

/// A collection's graphs on disk, or its lists.
package struct GenerationStatus: Sendable, Equatable {
  /// Of the newest file.
  package var number: Int64
  /// `hnsw` or `lists`; `unknown` where its row is damaged.
  package var kind: String
  package var fileCount: Int
  /// Vectors in them, those of removed chunks included.
  package var count: Int
  /// The index's sequence number that they mirror.
  package var sequence: Int64
}

/// How a store behaves; the defaults are right outside of tests.
package struct StoreOptions: Sendable {
  /// Chunks of a collection from which on a graph is built: see `Store.graphThreshold`.
  package var graphThreshold: Int
  /// Bytes of memory that a collection's graphs may take; beyond, lists in a file take their place.
  package var graphByteLimit: Int
  /// Bytes of memory that one graph may take: see `Store.singleGraphByteLimit`.
  package var singleGraphByteLimit: Int
  /// Chunks of a collection from which on their words are written to a file: see `Store.wordThreshold`.
  package var wordThreshold: Int
  /// Chunks whose words one file has at most: see `Store.wordFileLimit`.
  package var wordFileLimit: Int
  /// Called at the named moments of writing; what it throws is what the moment fails with.
  package var failpoint: @Sendable (StoreStep) throws -> Void

  package init(
    graphThreshold: Int = Store.graphThreshold, graphByteLimit: Int = Store.graphByteLimit,
    singleGraphByteLimit: Int = Store.singleGraphByteLimit, wordThreshold: Int = Store.wordThreshold,
    wordFileLimit: Int = Store.wordFileLimit, failpoint: @escaping @Sendable (StoreStep) throws -> Void = { _ in }
  ) {
    self.graphThreshold = graphThreshold
    self.graphByteLimit = graphByteLimit
    self.singleGraphByteLimit = singleGraphByteLimit
    self.wordThreshold = wordThreshold
    self.wordFileLimit = wordFileLimit
    self.failpoint = failpoint
  }
}

/// The moments at which tests make writing fail, or the process die.
package enum StoreStep: String, Sendable, CaseIterable {
  case removeOldRows, insertDocument, insertChunk, insertVector, raiseSequence, beforeCommit, afterCommit
  case createFile, writeFile, syncFile, renameFile, syncFolder, beforeGenerationRow, beforePruning
}
