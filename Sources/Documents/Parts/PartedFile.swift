/// A long file of text that is open, and can be read part by part, again and again: always the bytes that it had when it was opened.
package struct PartedFile: Sendable {
  package var byteCount: Int64 { file.byteCount }
  package var path: String { file.path }

  let file: OpenFile
  let reader: DocumentReader
  let format: DocumentFormat
  private let encoding: TextEncoding
  /// Instead of `encoding`, where the text is in one of these.
  private let foreign: ForeignEncoding?
  private let markByteCount: Int

  /// - Returns: `nil` for a file that is not long, or of a format that is read whole.
  init?(path: String, byteCount: Int64, reader: DocumentReader) throws(DocumentError) {
    guard let status = FileStatus(path: path), status.isRegularFile, min(status.byteCount, byteCount) > reader.limits.partByteCount else {
      return nil
    }
    file = try OpenFile(path: path, byteCount: byteCount)
    self.reader = reader
    let head = try file.bytes(at: 0, count: ForeignFormat.headByteCount)
    guard ForeignFormat.kind(of: head, path: path) == nil, let format = Self.format(of: head, path: path) else { return nil }
    self.format = format
    if let sign = TextDecoding.sign(of: head, byteCount: Int(file.byteCount)) {
      (encoding, markByteCount) = sign
      foreign = nil
      return
    }
    guard TextDecoding.isText(head[...]) else { throw .noText(path) }
    markByteCount = 0
    // A file whose first part is ASCII says nothing yet.
    var scalars = (whole: 0, broken: 0)
    var guess: ForeignEncoding?
    try Self.forEachPiece(of: file, cutBy: .utf8) { piece in
      let count = TextDecoding.countScalars(piece)
      scalars.whole += count.whole
      scalars.broken += count.broken
      if guess == nil, count.broken > 0 { guess = EncodingGuess.foreign(piece) }
    }
    encoding = scalars.whole >= scalars.broken ? .utf8 : .windows1252
    foreign = TextDecoding.isLikelyForeign(scalars) ? guess : nil
  }

  /// The text at some place of it, of whole characters.
  ///
  /// - Parameter isLast: Whether the file ends with it.
  func source(of data: inout [UInt8], at offset: Int64, isLast: Bool) -> SourceText {
    guard let foreign else {
      if !isLast { data.removeLast(data.count - max(1, encoding.wholeByteCount(of: data))) }
      return TextDecoding.decode(data, as: encoding, from: offset == 0 ? markByteCount : 0, base: Int(offset))
    }
    // No character of these encodings has the byte of a line's end in it.
    if !isLast, let end = data.lastIndex(of: 0x0A) { data.removeLast(data.count - end - 1) }
    return foreign.decode(data, base: Int(offset)).source
  }

  /// Those that can be cut; markup that pandoc would convert is readable as it is.
  private static func format(of head: [UInt8], path: String) -> DocumentFormat? {
    let format = DocumentFormat.detect(head, path: path) ?? .plainText
    switch format {
    case .plainText, .markdown, .csv, .tsv, .jsonLines, .sourceCode, .subtitles: return format
    case .restructuredText, .org, .latex, .man: return .plainText
    // Values one below the other are JSON Lines under another name.
    case .json: return JSONLinesReader.isLikely(head) ? .jsonLines : nil
    default: return nil
    }
  }

  /// Gives all bytes, a mebibyte at a time.
  package func forEachPiece(_ body: ([UInt8]) -> Void) throws(DocumentError) { try Self.forEachPiece(of: file, cutBy: .windows1252, body) }

  private static let pieceByteCount = 1 << 20

  /// - Parameter encoding: No piece ends in the middle of its characters.
  private static func forEachPiece(of file: OpenFile, cutBy encoding: TextEncoding, _ body: ([UInt8]) -> Void) throws(DocumentError) {
    var offset: Int64 = 0
    while offset < file.byteCount {
      var piece = try file.bytes(at: offset, count: pieceByteCount)
      guard !piece.isEmpty else { throw .changed(file.path) }
      if offset + Int64(piece.count) < file.byteCount { piece.removeLast(piece.count - max(1, encoding.wholeByteCount(of: piece))) }
      body(piece)
      offset += Int64(piece.count)
    }
  }

  /// Its first part that holds text.
  package func firstPart() throws(DocumentError) -> ExtractedDocument {
    var parts = parts()
    guard let part = try parts.next() else { throw .empty(path, "the file is empty") }
    return part
  }

  /// Its parts from the first on.
  package func parts() -> DocumentParts { DocumentParts(self) }
}

/// The parts of a long text, one after the other: each a document of its own, whose headings, columns and places in the file go on from the one before.
package struct DocumentParts {
  /// Bytes of the file that the parts so far are made of.
  package private(set) var offset: Int64 = 0

  private let parted: PartedFile
  private var context = PartContext()
  private var lineCount = 0
  private var title: String?
  private var isEmpty = true
  /// Of Markdown, where the last part ends.
  private var fenceAtEnd: [UInt8]?

  init(_ parted: PartedFile) { self.parted = parted }

  /// The next part that holds text; `nil` at the end.
  ///
  /// - Parameter consumed: Is given the bytes that the part, and parts without text before it, are made of.
  package mutating func next(consumed: (ArraySlice<UInt8>) -> Void = { _ in }) throws(DocumentError) -> ExtractedDocument? {
    while offset < parted.byteCount {
      let source = try nextSource(consumed)
      defer { context.openFence = fenceAtEnd }
      do throws(DocumentError) {
        var document = try parted.reader.part(source, path: parted.file.path, format: parted.format, &context)
        if isEmpty { title = document.title }
        document.title = title
        isEmpty = false
        // What stands between two parts belongs to the first, as what stands between two chunks does.
        if !context.isLast { document.text += BlockBuilder.Separator.blankLine.rawValue }
        return document
      } catch {
        guard error.isEmpty, !(context.isLast && isEmpty) else { throw error }
      }
    }
    return nil
  }

  /// The text of the next part, up to the best border.
  private mutating func nextSource(_ consumed: (ArraySlice<UInt8>) -> Void) throws(DocumentError) -> SourceText {
    let limits = parted.reader.limits
    context.isFirst = offset == 0
    context.isLast = false
    var byteCount = limits.partByteCount
    while true {
      var data = try parted.file.bytes(at: offset, count: byteCount)
      let end = offset + Int64(data.count)
      guard data.count == min(Int64(byteCount), parted.byteCount - offset) else { throw .changed(parted.file.path) }
      context.isLast = end == parted.byteCount
      let source = parted.source(of: &data, at: offset, isLast: context.isLast)
      let isLongest = byteCount >= limits.recordByteCount
      var border: PartBorder?
      if !context.isLast { border = PartBorder(in: source, parted.format, &context, isLongest: isLongest) }
      guard context.isLast || border != nil else {
        guard !isLongest else {
          throw .tooLarge(parted.file.path, "line \(lineCount + 1) begins a record of more than \(limits.recordByteCount) bytes")
        }
        byteCount = min(2 * byteCount, limits.recordByteCount)
        continue
      }
      let part = source.part(upTo: border?.offset ?? source.bytes.count, precedingLineCount: lineCount)
      let partEnd = border.map { source.sourceOffset(of: $0.offset) } ?? Int(end)
      consumed(data[..<(partEnd - Int(offset))])
      offset = Int64(partEnd)
      lineCount += part.lineStarts.count - 1
      fenceAtEnd = border?.openFence
      return part
    }
  }
}
