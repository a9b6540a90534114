import Chunking
import Documents
import Ingestion
import Testing

@Suite struct ChunkBytesTests {
  private static func chunks() -> [Chunk] {
    func text() -> String { String((0..<Int.random(in: 0...40)).compactMap { _ in "aé🙂\u{0}\n日".randomElement() }) }
    func number() -> Int { [0, 1, 63, 64, -1, 1 << 40, .max / 2, Int.random(in: 0...100_000)].randomElement() ?? 0 }
    return (0..<Int.random(in: 0...5)).map { _ in
      let (start, line) = (number(), number())
      let span = SourceSpan(
        byteRange: Bool.random() ? start..<start + 7 : nil, lines: Bool.random() ? line...line : nil, pages: Bool.random() ? 1...3 : nil,
        box: Bool.random() ? PageBox(left: 0.1, top: -2.5, right: 1e6, bottom: .random(in: 0...1)) : nil)
      return Chunk(
        ordinal: number(), textRange: start..<start + 3, text: text(), title: Bool.random() ? text() : nil, headingPath: [text(), text()],
        context: Bool.random() ? text() : nil, record: Bool.random() ? RecordIdentity(name: text(), title: Bool.random() ? text() : nil) : nil,
        spans: Array(repeating: ChunkSpan(offset: number(), source: span), count: Int.random(in: 0...3)), tokenCount: number())
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    for _ in 0..<500 {
      let chunks = Self.chunks()
      var writer = ChunkWriter()
      writer.write(chunks)
      var reader = ChunkReader(writer.bytes[...])
      #expect(try reader.chunks() == chunks)
    }
  }

  /// Cut, changed or made up: an error, or some chunks; never a trap, nor memory for more than there is.
  @Test func anythingElseIsAnError() {
    for _ in 0..<3000 {
      var writer = ChunkWriter()
      writer.write(Self.chunks())
      var bytes = writer.bytes
      for _ in 0...Int.random(in: 0...4) { if let place = bytes.indices.randomElement() { bytes[place] = .random(in: 0...255) } }
      if Bool.random() { bytes.removeLast(Int.random(in: 0...bytes.count)) }
      var reader = ChunkReader(bytes[...])
      _ = try? reader.chunks()
    }
    for bytes: [UInt8] in [[], [1], Array(repeating: 0xFF, count: 20), [0xFE, 0xFF, 0xFF, 0xFF, 0x0F]] {
      #expect(throws: ChunkReader.Damaged.self) {
        var reader = ChunkReader(bytes[...])
        return try reader.chunks()
      }
    }
  }
}
