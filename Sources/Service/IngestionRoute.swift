import Hummingbird

/// How far the folders are that a server takes in while it answers: `GET /v1/ingestion`.
package struct IngestionStatus: Sendable, Encodable {
  package enum State: String, Sendable, Encodable {
    /// The server follows no folder.
    case off
    /// A folder is read.
    case reading
    /// All is read; what changes is taken in when it changes.
    case watching
    /// The last time something went wrong; the next turn tries again.
    case failed
  }

  /// How far the folder at hand is.
  package struct Progress: Sendable, Encodable {
    package var files: Int
    package var totalFiles: Int
    /// Of all bytes, 0…1.
    package var fraction: Double
    package var tokens: Int
    package var tokensPerSecond: Double
    /// `nil` while it is too early to tell.
    package var secondsLeft: Double?

    package init(files: Int, totalFiles: Int, fraction: Double, tokens: Int, seconds: Double) {
      (self.files, self.totalFiles, self.tokens) = (files, totalFiles, tokens)
      self.fraction = min(max(fraction, 0), 1)
      tokensPerSecond = seconds > 0 ? Double(tokens) / seconds : 0
      secondsLeft = self.fraction > 0.001 && seconds > 1 ? seconds / self.fraction - seconds : nil
    }

    enum CodingKeys: String, CodingKey {
      case files, fraction, tokens
      case totalFiles = "total_files"
      case tokensPerSecond = "tokens_per_second"
      case secondsLeft = "seconds_left"
    }
  }

  /// What the last turn in which something changed did.
  package struct Turn: Sendable, Encodable {
    package var folder: String
    package var added: Int
    package var updated: Int
    package var removed: Int
    package var failed: Int
    package var chunks: Int
    package var seconds: Double

    package init(folder: String, added: Int, updated: Int, removed: Int, failed: Int, chunks: Int, seconds: Double) {
      (self.folder, self.added, self.updated, self.removed) = (folder, added, updated, removed)
      (self.failed, self.chunks, self.seconds) = (failed, chunks, seconds)
    }
  }

  package var state = State.off
  package var folders: [String] = []
  /// `nil` unless `state` is `reading`.
  package var progress: Progress?
  package var lastTurn: Turn?
  /// Why the last turn failed; `nil` unless it did.
  package var error: String?

  /// No folder is followed.
  package init() {}

  /// - Parameter folders: That are about to be read.
  package init(folders: [String]) {
    self.folders = folders
    state = .reading
  }

  enum CodingKeys: String, CodingKey {
    case state, folders, progress, error
    case lastTurn = "last_turn"
  }
}

extension ServiceResponder {
  func ingestion() -> Response { .json(ingestionStatus()) }
}

extension MetricsPage {
  mutating func add(_ status: IngestionStatus) {
    guard status.state != .off else { return }
    add("ingestion_running", .gauge, "Whether a folder is read now.", status.state == .reading ? 1 : 0)
    add("ingestion_failed", .gauge, "Whether the last turn went wrong.", status.state == .failed ? 1 : 0)
    add("ingestion_fraction", .gauge, "How far the folder at hand is, by bytes; 1 when all is read.", status.progress?.fraction ?? 1)
  }
}
