import Documents
import DurableFiles
package import Embedding
import Foundation
package import Store

/// Brings a collection in line with folders again and again, whenever something in them changes.
package struct WatchingIngestion: Sendable {
  /// What happened in one turn.
  package enum Event: Sendable {
    case ingested(IngestReport)
    /// One folder could not be ingested this time; the next turn tries again.
    case failed(path: String, any Error)
    /// Not every folder can be watched: changes are found only by looking.
    case looksOnly(everySeconds: Int)
  }

  private let paths: [String]
  private let collection: String
  private let options: IngestOptions
  private let embedder: Embedder
  private let program: ReadingProgram?
  private let open: @Sendable () throws -> Store

  /// Even where nothing tells of a change, as on network file systems.
  private static let longestWait: Duration = .seconds(300)
  private static let waitWithoutWatches: Duration = .seconds(10)

  /// - Parameters:
  ///   - program: As an `Ingestor`'s.
  ///   - open: Gives the index for one turn; between two of them others may write.
  package init(
    _ paths: [String], into collection: String, options: IngestOptions, embedder: Embedder, program: ReadingProgram? = nil,
    open: @escaping @Sendable () throws -> Store
  ) {
    // They mean the same when the folder that the program runs in is gone.
    self.paths = paths.map { $0.hasPrefix("/") ? $0 : FileManager.default.currentDirectoryPath + "/" + $0 }
    self.collection = collection
    self.options = options
    self.embedder = embedder
    self.program = program
    self.open = open
  }

  /// Goes on until it is cancelled. Blocks.
  package func run(
    isCancelled: @escaping @Sendable () -> Bool, progress: @escaping (IngestProgress) -> Void = { _ in }, report: (Event) -> Void
  ) {
    let watch = FolderWatch()
    var options = options
    var isKnownIncomplete = false
    while !isCancelled() {
      // Watched before they are read: what changes meanwhile is seen in the next turn.
      for path in paths { watch.add(folders(of: path)) }
      if watch.isIncomplete, !isKnownIncomplete {
        isKnownIncomplete = true
        report(.looksOnly(everySeconds: Int(Self.waitWithoutWatches.components.seconds)))
      }
      var isBehind = false
      for path in paths where !isCancelled() {
        do {
          let result = try Ingestor(store: open(), embedder: embedder, program: program).ingest(
            path, into: collection, options: options, isCancelled: isCancelled, progress: progress)
          report(.ingested(result))
        } catch {
          if isCancelled() { return }
          isBehind = true
          report(.failed(path: path, error))
        }
      }
      // Asked for once.
      options.rereadsAll = false
      options.retriesFailed = false
      let wait = watch.isIncomplete || isBehind ? Self.waitWithoutWatches : Self.longestWait
      _ = watch.wait(atMost: wait, isCancelled: isCancelled)
    }
  }

  private func folders(of path: String) -> [String] {
    guard let absolute = try? IngestScope.resolve(path) else { return [folder(of: path)] }
    guard let walk = try? FolderWalk(absolute, options: options.walk) else { return [] }
    // A file is watched through the folder that it lies in.
    return walk.folders.isEmpty ? [folder(of: absolute)] : walk.folders
  }
}
