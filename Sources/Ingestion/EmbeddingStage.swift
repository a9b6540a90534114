import Embedding
import Foundation
import Store
import Synchronization

/// Embeds what was read, batch by batch, on a thread of its own, while others read what comes next and store what came before.
final class EmbeddingStage: Sendable {
  /// What it has to say, in the order of the files.
  enum Event: Sendable {
    /// Some chunks of the next batch have their vectors.
    case progressed(ChunkEmbedding.Slice, of: [PreparedFile])
    case embedded(Batch)
    /// A file that is embedded and stored slice by slice.
    case large(PreparedFile)
  }

  struct Batch: Sendable {
    let files: [PreparedFile]
    /// By content hash.
    let vectors: [String: [Float]]
    let reusedCount: Int
    let seconds: Double
  }

  private let embedding: ChunkEmbedding
  private let files: BoundedQueue<Result<PreparedFile, any Error>>
  /// A batch waits at most, besides the one that is embedded and the one that is stored.
  private let events = BoundedQueue<Result<Event, any Error>>(weightLimit: 1)
  private let end = DispatchSemaphore(value: 0)
  private let isStopped = Atomic(false)
  private let isCancelled: @Sendable () -> Bool

  /// - Parameter files: What was read; an error ends the run.
  init(_ embedding: ChunkEmbedding, of files: BoundedQueue<Result<PreparedFile, any Error>>, isCancelled: @escaping @Sendable () -> Bool) {
    (self.embedding, self.files, self.isCancelled) = (embedding, files, isCancelled)
  }

  func start() {
    let thread = Thread { [self] in
      do { try run() } catch { _ = events.put(.failure(error), weight: 0) }
      events.close()
      end.signal()
    }
    thread.start()
  }

  /// The next event; `nil` after the last.
  func next() throws -> Event? { try events.take()?.get() }

  /// Ends it, whatever is left; returns when nothing of it runs any more.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    files.abandon()
    events.abandon()
    end.wait()
  }

  private func isDone() -> Bool { isStopped.load(ordering: .relaxed) || isCancelled() }

  private func run() throws {
    var batch: [PreparedFile] = []
    var chunkCount = 0
    // Vectors of batches that may not be stored yet.
    var recent: [[String: [Float]]] = []
    func end() throws -> Bool {
      defer { (batch, chunkCount) = ([], 0) }
      if batch.isEmpty { return true }
      guard let embedded = try embed(batch, recent) else { return false }
      recent = recent.suffix(2) + [embedded.vectors]
      return events.put(.success(.embedded(embedded)), weight: 1)
    }
    while let file = try files.take()?.get(), !isDone() {
      if file.isLarge {
        guard try end(), events.put(.success(.large(file)), weight: 1) else { return }
        continue
      }
      batch.append(file)
      chunkCount += file.chunks.count
      if chunkCount >= ChunkEmbedding.batchChunkCount || batch.count >= Ingestor.batchFileCount, try !end() { return }
    }
    _ = try end()
  }

  /// What no earlier run or batch has embedded; `nil` if it was cancelled.
  private func embed(_ batch: [PreparedFile], _ recent: [[String: [Float]]]) throws -> Batch? {
    var (reusedCount, seconds) = (0, 0.0)
    let vectors = try embedding.vectors(of: batch.flatMap(\.chunks), recent: recent, known: { reusedCount = $0 }, isCancelled: isDone) { slice in
      seconds += slice.seconds
      _ = events.put(.success(.progressed(slice, of: batch)), weight: 0)
    }
    return vectors.map { Batch(files: batch, vectors: $0, reusedCount: reusedCount, seconds: seconds) }
  }
}
