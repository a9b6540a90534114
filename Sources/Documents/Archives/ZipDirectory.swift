/// The list of contents at the end of a zip archive (APPNOTE 4.3.12 and 4.3.16).
enum ZipDirectory {
  private static let endSignature = Array("PK\u{5}\u{6}".utf8)
  private static let endByteCount = 22
  private static let entryByteCount = 46
  /// More are not looked at: what an archive is, its first entries say.
  private static let nameLimit = 100_000

  /// Where the record stands that ends it, before a comment; `nil` if the archive is cut off, or none.
  static func end(of data: [UInt8]) -> Int? {
    let tail = data.suffix(endByteCount + Int(UInt16.max))
    return tail.indices.reversed().first { $0 + endByteCount <= data.count && data[$0..<$0 + 4].elementsEqual(endSignature) }
  }

  /// Names of the entries, with `/`. Archives that are entries themselves have lists of their own, which are not these.
  static func names(in data: [UInt8]) -> Set<String> {
    guard let end = end(of: data) else { return [] }
    func number(_ place: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(data[place + $1]) << (8 * $1) } }
    // Counted from the end: something may stand before the archive.
    var place = end - number(end + 12, 4)
    var names = Set<String>()
    while place >= 0, place + entryByteCount <= end, data[place..<place + 4].elementsEqual("PK\u{1}\u{2}".utf8), names.count < nameLimit {
      let (nameSize, extraSize, commentSize) = (number(place + 28, 2), number(place + 30, 2), number(place + 32, 2))
      guard place + entryByteCount + nameSize <= end else { break }
      let name = data[place + entryByteCount..<place + entryByteCount + nameSize]
      names.insert(String(decoding: name.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }, as: UTF8.self))
      place += entryByteCount + nameSize + extraSize + commentSize
    }
    return names
  }
}
