/// How much of a machine one document may take. A file that passes a limit fails; nothing is cut silently.
package struct ReadingLimits: Sendable, Equatable, Codable {
  /// Bytes of a file that is read whole.
  package var fileByteCount: Int64 = 256 << 20
  /// Bytes of a text that are read at a time; a longer one is read in parts, however long it is. Blocks take many times as much.
  package var partByteCount: Int = 4 << 20
  /// Bytes of one record (a row of CSV, a line of JSON Lines) of a file that is read in parts: records are never cut.
  package var recordByteCount: Int = 32 << 20
  /// Bytes of the text that is taken from it; blocks and chunks take ten times as much.
  package var textByteCount: Int = 64 << 20
  /// Bytes that a program gives which unpacks or converts a file: all members of an archive, which are held twice.
  package var convertedByteCount: Int = 192 << 20
  /// Paragraphs, rows, records and the like of a text, each of which takes some 200 bytes of memory beside its own.
  package var blockCount: Int = 2 << 20
  /// Arrays and objects inside each other in JSON.
  package var nestingDepth: Int = 512
  /// Bytes of an HTML page, whose tree takes many times as much.
  package var htmlByteCount: Int = 24 << 20
  /// Bytes of that tree: 24 MiB of a table take some 500.
  package var htmlTreeByteCount: Int = 640 << 20
  /// Elements inside each other in HTML; the parser's time grows with the square of it.
  package var htmlDepth: Int = 20_000
  /// Files in an archive, those of archives in it counted.
  package var archiveEntryCount: Int = 20_000
  /// Time for all that lies in one file.
  package var fileSeconds: Int = 1800
  /// Time without a sign of life from the process that reads a file: a parser that is caught in it.
  package var silentSeconds: Int = 180
  /// Memory of that process, beside the program itself.
  package var readerMemoryByteCount: Int = 1 << 30
  /// Archives and messages inside each other.
  package var archiveDepth: Int = 5
  /// Pages of a PDF without text, each of which takes a second or more to draw and read.
  package var scannedPageCount: Int = 500
  /// Wall-clock and CPU time of a converter (pdftotext).
  package var converterSeconds: Int = 60
  /// Address space of a converter, of which it may write to half.
  package var converterMemoryByteCount: Int = 2 << 30

  package init() {}

  /// Equal for equal limits.
  var fingerprint: String {
    let numbers = [
      fileByteCount, Int64(partByteCount), Int64(recordByteCount), Int64(textByteCount), Int64(convertedByteCount), Int64(blockCount),
      Int64(nestingDepth), Int64(htmlByteCount),
      Int64(htmlTreeByteCount), Int64(htmlDepth),
      Int64(archiveEntryCount), Int64(archiveDepth),
      Int64(fileSeconds), Int64(silentSeconds), Int64(readerMemoryByteCount),
      Int64(scannedPageCount), Int64(converterSeconds), Int64(converterMemoryByteCount),
    ]
    return numbers.map { String($0, radix: 36) }.joined(separator: ".")
  }
}
