import Chunking
import Documents
import Foundation

/// Reads files and cuts them into chunks.
protocol FileReading: AnyObject {
  /// Reads one file.
  ///
  /// - Parameters:
  ///   - metadata: What is said about it beside it; its content is these bytes behind the file's.
  ///   - isWanted: Is told the SHA-256 of the content before anything is made of it.
  /// - Returns: `nil` if it is not wanted.
  /// - Throws: `DocumentError`, if it is the file's fault; anything else ends the run.
  func read(_ path: String, metadata: Data, isWanted: (_ sha256: String) -> Bool, isCancelled: () -> Bool) throws -> ReadFile?

  /// Gives out the chunks of a long text from its beginning to its end, a part at a time: the same with every pass.
  ///
  /// - Parameter body: Is given chunks, and how much of the document is done with them, 0…1.
  /// - Throws: What `read` throws; `DocumentError.changed` if the file is not what it was.
  func forEachPart(of file: LongFile, isCancelled: () -> Bool, _ body: ([Chunk], Double) throws -> Void) throws
}

/// A file that was read.
struct ReadFile: Sendable {
  let head: DocumentHead
  let text: Text

  enum Text: Sendable {
    case chunks([Chunk])
    /// It is too long to be held, and is read when its turn comes.
    case long(LongFile)
  }
}

/// What a file says of itself.
struct DocumentHead: Sendable, Codable {
  let format: String
  let title: String?
  let language: String?
  let metadata: [String: [String]]
  let omissions: [ExtractedDocument.Omission]

  /// - Parameter document: Its first part says what a long text is.
  init(of document: ExtractedDocument) {
    format = document.format.rawValue
    title = document.title
    language = LanguageGuess.language(of: document.text)
    metadata = document.metadata
    omissions = document.omissions
  }
}

/// A long text, and what its content was when it was first read.
struct LongFile: Sendable, Codable {
  let path: String
  let byteCount: Int64
  /// What is said about it beside it.
  let metadata: Data
  /// Of both.
  let sha256: String
}
