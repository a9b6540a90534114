import Chunking
import Documents
import Foundation

/// How a reading process works: the first message to it.
struct ReadingSetup: Codable {
  let limits: ReadingLimits
  /// Folder or file of the embedder, whose tokens are counted.
  let embedder: String
  let maximumTokenCount: Int
}

/// What a reading process is asked.
enum ReadingRequest: Codable {
  case read(path: String, metadata: Data)
  /// What comes of a file whose content was told.
  case isWanted(Bool)
  case parts(LongFile)
}

/// What a reading process answers, beside chunks.
enum ReadingAnswer: Codable {
  /// What a file holds; the process waits to be told whether it is wanted.
  case content(sha256: String)
  case head(DocumentHead, long: LongFile?)
  /// - Parameter isLast: The process has grown, and ends.
  case done(isLast: Bool)
  case failed(DocumentError)
  /// It is at work.
  case alive
}

/// A message as it goes through a pipe: the count of the bytes that follow in four of them, little-endian, then JSON, or a zero and chunks as bytes.
enum ReadingFrame {
  static let headByteCount = 4
  /// Of a message: a thousand chunks with all that is around them have a few megabytes.
  private static let byteLimit = 256 << 20

  static func encoded(_ message: some Encodable) throws -> [UInt8] {
    framed(try JSONEncoder().encode(message))
  }

  /// - Parameter fraction: How much of the document is done with them, 0…1.
  static func encoded(_ chunks: [Chunk], fraction: Double) -> [UInt8] {
    var writer = ChunkWriter()
    writer.number(Int(fraction * fractionUnit))
    writer.write(chunks)
    return framed([0] + writer.bytes)
  }

  private static let fractionUnit = 1e9

  private static func framed(_ body: some Collection<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: UInt32(clamping: body.count).littleEndian) { Array($0) } + body
  }

  /// The chunks of a message; `nil` if it is another one.
  static func chunks(_ body: ArraySlice<UInt8>) throws -> (chunks: [Chunk], fraction: Double)? {
    guard body.first == 0 else { return nil }
    var reader = ChunkReader(body.dropFirst())
    let fraction = Double(try reader.number()) / fractionUnit
    return (try reader.chunks(), fraction)
  }

  /// Bytes of the message behind a head; `nil` if it is none.
  static func byteCount(_ head: some Sequence<UInt8>) -> Int? {
    let count = head.prefix(headByteCount).reversed().reduce(0) { $0 << 8 | Int($1) }
    return count <= byteLimit ? count : nil
  }

  static func decoded<Message: Decodable>(_ body: some Sequence<UInt8>) throws -> Message {
    try JSONDecoder().decode(Message.self, from: Data(body))
  }
}
