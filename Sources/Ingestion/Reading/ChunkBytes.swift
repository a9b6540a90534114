package import Chunking
import Documents

/// Chunks as bytes, for the way from one process to another of the same program: JSON takes longer than reading does.
///
/// Numbers are LEB128 of their zigzag form (Protocol Buffers' `sint64`), texts and lists begin with their count, what may be missing with 0 or 1.
package struct ChunkWriter {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// Adds chunks, which a `ChunkReader` reads together.
  package mutating func write(_ chunks: [Chunk]) {
    list(chunks) { writer, chunk in
      writer.number(chunk.ordinal)
      writer.range(chunk.textRange.lowerBound, chunk.textRange.upperBound)
      writer.text(chunk.text)
      writer.optional(chunk.title) { $0.text($1) }
      writer.list(chunk.headingPath) { $0.text($1) }
      writer.optional(chunk.context) { $0.text($1) }
      writer.optional(chunk.record) { writer, record in
        writer.text(record.name)
        writer.optional(record.title) { $0.text($1) }
      }
      writer.list(chunk.spans) { writer, span in
        writer.number(span.offset)
        writer.optional(span.source.byteRange) { $0.range($1.lowerBound, $1.upperBound) }
        writer.optional(span.source.lines) { $0.range($1.lowerBound, $1.upperBound) }
        writer.optional(span.source.pages) { $0.range($1.lowerBound, $1.upperBound) }
        writer.optional(span.source.box) { writer, box in
          for number in [box.left, box.top, box.right, box.bottom] { writer.number(Int(bitPattern: UInt(number.bitPattern))) }
        }
      }
      writer.number(chunk.tokenCount)
    }
  }

  mutating func number(_ number: Int) {
    var left = UInt(bitPattern: number << 1 ^ number >> (Int.bitWidth - 1))
    while left >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    bytes.append(UInt8(left))
  }

  private mutating func range(_ lower: Int, _ upper: Int) {
    number(lower)
    number(upper - lower)
  }

  private mutating func text(_ text: String) {
    number(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func optional<Value>(_ value: Value?, _ write: (inout ChunkWriter, Value) -> Void) {
    number(value == nil ? 0 : 1)
    if let value { write(&self, value) }
  }

  private mutating func list<Element>(_ elements: [Element], _ write: (inout ChunkWriter, Element) -> Void) {
    number(elements.count)
    for element in elements { write(&self, element) }
  }
}

/// The way back. Throws `Damaged` for anything that no `ChunkWriter` writes.
package struct ChunkReader {
  package struct Damaged: Error {}

  private let bytes: ArraySlice<UInt8>
  private var place: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    place = bytes.startIndex
  }

  /// What one call of `ChunkWriter.write` has written, up to the end of the bytes.
  package mutating func chunks() throws(Damaged) -> [Chunk] {
    let chunks = try list { reader throws(Damaged) in
      let ordinal = try reader.number()
      let textRange = try reader.range()
      let text = try reader.text()
      let title = try reader.optional { reader throws(Damaged) in try reader.text() }
      let headingPath = try reader.list { reader throws(Damaged) in try reader.text() }
      let context = try reader.optional { reader throws(Damaged) in try reader.text() }
      let record = try reader.optional { reader throws(Damaged) in
        RecordIdentity(name: try reader.text(), title: try reader.optional { reader throws(Damaged) in try reader.text() })
      }
      let spans = try reader.list { reader throws(Damaged) in
        let offset = try reader.number()
        let byteRange = try reader.optional { reader throws(Damaged) in try reader.range() }
        let lines = try reader.optional { reader throws(Damaged) in try reader.closedRange() }
        let pages = try reader.optional { reader throws(Damaged) in try reader.closedRange() }
        let box = try reader.optional { reader throws(Damaged) in
          let (left, top, right, bottom) = (try reader.double(), try reader.double(), try reader.double(), try reader.double())
          return PageBox(left: left, top: top, right: right, bottom: bottom)
        }
        return ChunkSpan(offset: offset, source: SourceSpan(byteRange: byteRange, lines: lines, pages: pages, box: box))
      }
      return Chunk(
        ordinal: ordinal, textRange: textRange, text: text, title: title, headingPath: headingPath, context: context, record: record, spans: spans,
        tokenCount: try reader.number())
    }
    guard place == bytes.endIndex else { throw Damaged() }
    return chunks
  }

  mutating func number() throws(Damaged) -> Int {
    var number: UInt = 0
    for shift in stride(from: 0, to: UInt.bitWidth, by: 7) {
      guard place < bytes.endIndex else { throw Damaged() }
      let byte = bytes[place]
      place += 1
      number |= UInt(byte & 0x7F) << UInt(shift)
      if byte < 0x80 { return Int(bitPattern: number >> 1) ^ -Int(bitPattern: number & 1) }
    }
    throw Damaged()
  }

  private mutating func double() throws(Damaged) -> Double { Double(bitPattern: UInt64(UInt(bitPattern: try number()))) }

  private mutating func ends() throws(Damaged) -> (Int, Int) {
    let (lower, count) = (try number(), try number())
    let (upper, isTooLarge) = lower.addingReportingOverflow(count)
    guard count >= 0, !isTooLarge else { throw Damaged() }
    return (lower, upper)
  }

  private mutating func range() throws(Damaged) -> Range<Int> {
    let (lower, upper) = try ends()
    return lower..<upper
  }

  private mutating func closedRange() throws(Damaged) -> ClosedRange<Int> {
    let (lower, upper) = try ends()
    return lower...upper
  }

  private mutating func text() throws(Damaged) -> String {
    let count = try number()
    guard count >= 0, count <= bytes.endIndex - place else { throw Damaged() }
    defer { place += count }
    return String(decoding: bytes[place..<place + count], as: UTF8.self)
  }

  private mutating func optional<Value>(_ read: (inout ChunkReader) throws(Damaged) -> Value) throws(Damaged) -> Value? {
    switch try number() {
    case 0: return nil
    case 1: return try read(&self)
    default: throw Damaged()
    }
  }

  private mutating func list<Element>(_ read: (inout ChunkReader) throws(Damaged) -> Element) throws(Damaged) -> [Element] {
    let count = try number()
    // An element has a byte at least.
    guard count >= 0, count <= bytes.endIndex - place else { throw Damaged() }
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try read(&self)) }
    return elements
  }
}
