/// XML in which some tags are written anew, byte by byte: all else stays as it stands, whatever it is.
enum XMLTags {
  struct Tag {
    /// With its prefix: `w:p`.
    let name: ArraySlice<UInt8>
    /// From `<` to behind `>`.
    let range: Range<Int>
    let isEnd: Bool
    /// Whether it ends in itself: `<w:p/>`.
    let isClosed: Bool

    /// Its name whatever the prefix: `item` of `opf:item`.
    func isNamed(local text: String) -> Bool {
      let start = name.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? name.startIndex
      return name[start...].elementsEqual(text.utf8)
    }

    func isNamed(_ text: StaticString) -> Bool {
      name.count == text.utf8CodeUnitCount && name.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// An attribute by its name as the file writes it: with the white space before it, and its value between the quotation marks.
    func attribute(_ wanted: StaticString, in xml: [UInt8]) -> (range: Range<Int>, value: Range<Int>)? {
      var position = name.endIndex
      while position < range.upperBound {
        let start = position
        while position < range.upperBound, xml[position].isWhiteSpace { position += 1 }
        let nameStart = position
        while position < range.upperBound, !xml[position].isWhiteSpace, !"=/>".utf8.contains(xml[position]) { position += 1 }
        let nameEnd = position
        while position < range.upperBound, xml[position].isWhiteSpace || xml[position] == UInt8(ascii: "=") { position += 1 }
        guard nameEnd > nameStart else {
          position = max(position, start + 1)
          continue
        }
        guard position < range.upperBound, xml[position] == UInt8(ascii: "\"") || xml[position] == UInt8(ascii: "'") else { continue }
        guard let end = xml[(position + 1)..<range.upperBound].firstIndex(of: xml[position]) else { return nil }
        if Tag(name: xml[nameStart..<nameEnd], range: range, isEnd: false, isClosed: false).isNamed(wanted) {
          return (start..<(end + 1), (position + 1)..<end)
        }
        position = end + 1
      }
      return nil
    }

    /// An attribute's value as it is written.
    func value(_ wanted: StaticString, in xml: [UInt8]) -> String? {
      attribute(wanted, in: xml).map { String(decoding: xml[$0.value], as: UTF8.self) }
    }
  }

  /// - Parameter edits: Ranges that do not overlap, in any order, and what stands in their places.
  /// - Returns: `nil` if there are none.
  static func replacing(_ edits: [(range: Range<Int>, new: [UInt8])], in xml: [UInt8]) -> [UInt8]? {
    guard !edits.isEmpty else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(xml.count + edits.reduce(0) { $0 + $1.new.count })
    var copied = 0
    for (range, new) in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where range.lowerBound >= copied {
      result += xml[copied..<range.lowerBound]
      result += new
      copied = range.upperBound
    }
    return result + xml[copied...]
  }

  /// - Parameter replacement: What stands in a tag's place; `nil` for the tag itself.
  /// - Returns: `nil` if nothing was replaced.
  static func replacing(in xml: [UInt8], _ replacement: (Tag) -> [UInt8]?) -> [UInt8]? {
    var edits: [(range: Range<Int>, new: [UInt8])] = []
    forEach(in: xml) { tag in
      if let new = replacement(tag) { edits.append((tag.range, new)) }
    }
    return replacing(edits, in: xml)
  }

  /// Runs through all tags, but for those in comments, instructions and CDATA.
  static func forEach(in xml: [UInt8], _ body: (Tag) -> Void) {
    func end(of text: String, from index: Int) -> Int { xml[index...].firstRange(of: text)?.upperBound ?? xml.count }
    var index = 0
    while let start = xml[index...].firstIndex(of: UInt8(ascii: "<")), start + 1 < xml.count {
      let rest = xml[(start + 1)...]
      if rest.starts(with: "!--".utf8) {
        index = end(of: "-->", from: start)
      } else if rest.starts(with: "![CDATA[".utf8) {
        index = end(of: "]]>", from: start)
      } else if rest.first == UInt8(ascii: "?") {
        index = end(of: "?>", from: start)
      } else {
        let isEnd = rest.first == UInt8(ascii: "/")
        let nameStart = isEnd ? start + 2 : start + 1
        var position = nameStart
        while position < xml.count, !xml[position].isWhiteSpace, !"/>".utf8.contains(xml[position]) { position += 1 }
        let name = xml[nameStart..<min(position, xml.count)]
        var quote: UInt8?
        while position < xml.count, quote != nil || xml[position] != UInt8(ascii: ">") {
          let byte = xml[position]
          if let open = quote {
            if byte == open { quote = nil }
          } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            quote = byte
          }
          position += 1
        }
        guard position < xml.count else { return }
        index = position + 1
        body(Tag(name: name, range: start..<index, isEnd: isEnd, isClosed: xml[position - 1] == UInt8(ascii: "/")))
      }
    }
  }
}
