/// The list of contents at the end of a zip archive (APPNOTE 4.3.7 and 4.3.12 to 4.3.16).
enum ZipDirectory {
  private static let endSignature = Array("PK\u{5}\u{6}".utf8)
  private static let endByteCount = 22
  private static let entryByteCount = 46
  private static let headerByteCount = 30
  /// More are not looked at: what an archive is, its first entries say.
  private static let entryLimit = 100_000

  /// Where the record stands that ends it, before a comment; `nil` if the archive is cut off, or none.
  static func end(of data: [UInt8]) -> Int? {
    let tail = data.suffix(endByteCount + Int(UInt16.max))
    return tail.indices.reversed().first { $0 + endByteCount <= data.count && data[$0..<$0 + 4].elementsEqual(endSignature) }
  }

  /// Names of the entries, with `/`. Archives that are entries themselves have lists of their own, which are not these.
  static func names(in data: [UInt8]) -> Set<String> {
    Set(entries(of: data).map { String(decoding: data[$0.name].map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }, as: UTF8.self) })
  }

  /// The archive in which no name that is not UTF-8 is said to be (bit 11 of an entry's flags): bsdtar would leave such an entry out, without a name.
  static func withoutFalseNames(_ data: [UInt8]) -> [UInt8] {
    var honest = data
    for entry in entries(of: data) where data[entry.place + 9] & 8 != 0 && String(validating: data[entry.name], as: UTF8.self) == nil {
      honest[entry.place + 9] &= ~8
      if let header = entry.header { honest[header + 7] &= ~8 }
    }
    return honest
  }

  private struct Entry {
    var place: Int
    var name: Range<Int>
    /// Where the header before its data stands, if there is one.
    var header: Int?
  }

  /// Whether as many entries can be read from the list as its end says that it has: bsdtar passes over the others in silence.
  static func isWhole(_ data: [UInt8]) -> Bool {
    let (entries, count) = list(of: data)
    return entries.count == entryLimit || entries.count == count
  }

  private static func entries(of data: [UInt8]) -> [Entry] { list(of: data).entries }

  /// The entries that can be read, and how many there should be.
  private static func list(of data: [UInt8]) -> (entries: [Entry], count: Int) {
    guard let end = end(of: data) else { return ([], 0) }
    func number(_ place: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(data[place + $1]) << (8 * $1) } }
    // Counted from the end: something may stand before the archive. Where numbers are large, or a program always writes them so, a second record stands
    // before the last one, and one that says where (4.3.14 and 4.3.15).
    let large = end - 20 - 56
    let isLarge =
      large >= 0 && data[end - 20..<end - 16].elementsEqual("PK\u{6}\u{7}".utf8) && data[large..<large + 4].elementsEqual("PK\u{6}\u{6}".utf8)
    let (size, offset) = isLarge ? (number(large + 40, 8), number(large + 48, 8)) : (number(end + 12, 4), number(end + 16, 4))
    let count = isLarge ? number(large + 32, 8) : number(end + 10, 2)
    guard (0...end).contains(size), (0...end).contains(offset) else { return ([], count) }
    var place = (isLarge ? large : end) - size
    let start = place - offset
    var entries: [Entry] = []
    while place >= 0, place + entryByteCount <= end, data[place..<place + 4].elementsEqual("PK\u{1}\u{2}".utf8), entries.count < entryLimit {
      let (nameSize, extraSize, commentSize) = (number(place + 28, 2), number(place + 30, 2), number(place + 32, 2))
      guard place + entryByteCount + nameSize <= end else { break }
      let header = start + number(place + 42, 4)
      let hasHeader = header >= 0 && header + headerByteCount <= end && data[header..<header + 4].elementsEqual("PK\u{3}\u{4}".utf8)
      let nameStart = place + entryByteCount
      entries.append(Entry(place: place, name: nameStart..<nameStart + nameSize, header: hasHeader ? header : nil))
      place += entryByteCount + nameSize + extraSize + commentSize
    }
    return (entries, count)
  }
}
