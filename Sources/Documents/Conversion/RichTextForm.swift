/// RTF in a form of which pandoc (2.17) reads all text: it leaves out what fields show unless they are written as one program does, boxes, comments and notes
/// that are marked as something that a reader need not know, and it miscounts what stands for characters that a code page lacks (Rich Text Format 1.9.1).
struct RichTextForm {
  /// Fields show what they show; comments are notes; the text of boxes stands at the end; a character is written with its number in one way only.
  static func readable(_ source: [UInt8]) -> [UInt8] {
    var form = RichTextForm(source)
    form.run()
    return form.result
  }

  private enum Content {
    case text
    /// Left out, but for boxes in it.
    case shape
    case leftOut
  }

  private struct Group {
    var content = Content.text
    /// Characters that stand for one that has a number.
    var substituteCount = 1
    /// Where it begins among the boxes, if it is one.
    var boxStart: Int?
  }

  private let source: [UInt8]
  private var place = 0
  private var groups = [Group()]
  private var result: [UInt8] = []
  /// Groups with the text of boxes.
  private var boxes: [UInt8] = []
  /// Boxes that are open inside each other.
  private var boxDepth = 0

  private init(_ source: [UInt8]) {
    self.source = source
    result.reserveCapacity(source.count + 1024)
  }

  private mutating func run() {
    while place < source.count {
      switch source[place] {
      case UInt8(ascii: "{"): open()
      case UInt8(ascii: "}"): close()
      case UInt8(ascii: "\\"): control()
      default:
        put(source[place..<(place + 1)])
        place += 1
      }
    }
    // A file that ends too early.
    if groups.count > 1 { result += boxes }
  }

  private mutating func put(_ bytes: some Collection<UInt8>) {
    guard case .text = groups[groups.count - 1].content else { return }
    if boxDepth > 0 { boxes += bytes } else { result += bytes }
  }

  // MARK: Groups

  /// Deeper groups are not looked at for what they are: nobody writes them.
  private static let depthLimit = 10_000

  private static let openings: [(text: [UInt8], content: Content, replacement: String)] = [
    (Array("{\\*\\fldinst".utf8), .leftOut, ""), (Array("{\\fldinst".utf8), .leftOut, ""), (Array("{\\*\\footnote".utf8), .text, "{\\footnote"),
    (Array("{\\*\\annotation".utf8), .text, "{\\footnote Comment: "), (Array("{\\shprslt".utf8), .leftOut, ""),
    (Array("{\\*\\shprslt".utf8), .leftOut, ""), (Array("{\\*\\shpinst".utf8), .shape, ""), (Array("{\\*\\do".utf8), .shape, ""),
    (Array("{\\nonesttables".utf8), .leftOut, ""),
  ]

  private static let boxOpenings = ["{\\shptxt", "{\\dptxbxtext"].map { Array($0.utf8) }

  private mutating func open() {
    var group = groups[groups.count - 1]
    group.boxStart = nil
    let rest = source[place...]
    func begins(_ word: [UInt8]) -> Bool { rest.starts(with: word) && rest.dropFirst(word.count).first?.isLetter != true }
    if group.content == .shape, let word = Self.boxOpenings.first(where: begins) {
      group.content = .text
      group.boxStart = boxes.count
      boxDepth += 1
      groups.append(group)
      put("{\\pard\\plain ".utf8)
      place += word.count
    } else if group.content == .text, groups.count < Self.depthLimit, let opening = Self.openings.first(where: { begins($0.text) }) {
      group.content = opening.content
      groups.append(group)
      put(opening.replacement.utf8)
      place += opening.text.count
    } else {
      groups.append(group)
      put("{".utf8)
      place += 1
    }
  }

  private mutating func close() {
    place += 1
    guard groups.count > 1 else { return put("}".utf8) }
    let group = groups[groups.count - 1]
    // Of a group that is left out nothing was written.
    if case .text = group.content {
      if groups.count == 2, boxDepth == 0 {
        result += boxes
        boxes = []
      }
      put(group.boxStart == nil ? "}".utf8 : "\\par}".utf8)
    }
    groups.removeLast()
    if group.boxStart != nil { boxDepth -= 1 }
  }

  // MARK: Control words

  private mutating func control() {
    let start = place
    let word = source[(place + 1)...].prefix(32).prefix(while: \.isLetter)
    guard !word.isEmpty else {
      place = min(source.count, place + 2)
      return put(source[start..<place])
    }
    place = word.endIndex
    switch String(decoding: word, as: UTF8.self) {
    case "bin":
      place = endOfBytes(from: place)
      put(source[start..<place])
    case "fldrslt", "field":
      // The space behind a word belongs to it; behind another word it ends that one.
      if start > 0, source[start - 1] == UInt8(ascii: "{"), place < source.count, source[place] == 0x20 { place += 1 }
    case "uc":
      if let number = number(from: place) {
        groups[groups.count - 1].substituteCount = max(0, min(number.value, 16))
        place = number.end
        // As all characters are written below; a word before it ends here.
        put("\\uc1 ".utf8)
      } else {
        put(source[start..<place])
      }
    case "u": character(start)
    // A cell of a table in a cell.
    case "nestcell": put("\\tab".utf8)
    case "nestrow": put("\\line".utf8)
    default: put(source[start..<place])
    }
  }

  /// With the space behind it.
  private func number(from start: Int) -> (value: Int, end: Int)? {
    let sign = start < source.count && source[start] == UInt8(ascii: "-") ? 1 : 0
    let digits = source[(start + sign)...].prefix(9).prefix(while: \.isDigit)
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
    let end = digits.endIndex
    return (sign == 1 ? -value : value, end < source.count && source[end] == 0x20 ? end + 1 : end)
  }

  /// `\u8220?`: a number of 16 bits with a sign, and characters for readers that do not know it.
  private mutating func character(_ start: Int) {
    guard let number = number(from: place) else { return put(source[start..<place]) }
    place = endOfSubstitute(from: number.end)
    var unit = UInt32(truncatingIfNeeded: number.value) & 0xFFFF
    if unit & 0xFC00 == 0xD800, source[place...].starts(with: "\\u".utf8), let low = self.number(from: place + 2), low.value & 0xFC00 == 0xDC00 {
      place = endOfSubstitute(from: low.end)
      unit = 0x10000 + (unit & 0x3FF) << 10 + UInt32(truncatingIfNeeded: low.value) & 0x3FF
    }
    // Pandoc knows those of 16 bits only.
    guard unit > 0xFFFF else { return put("\\u\(unit)\\'3f".utf8) }
    put("\\u\(Self.large.opening)\\'3f\(String(unit, radix: 16))\\u\(Self.large.closing)\\'3f".utf8)
  }

  private func endOfSubstitute(from start: Int) -> Int {
    var end = start
    var rest = groups[groups.count - 1].substituteCount
    while rest > 0, end < source.count, source[end] != UInt8(ascii: "{"), source[end] != UInt8(ascii: "}") {
      let byte = source[end]
      if byte == UInt8(ascii: "\\") {
        let word = source[(end + 1)...].prefix(32).prefix(while: \.isLetter)
        // The next one's number is not what stands for this one.
        if word.elementsEqual("u".utf8), number(from: word.endIndex) != nil { break }
        if word.isEmpty {
          end = min(source.count, end + (source[(end + 1)...].first == UInt8(ascii: "'") ? 4 : 2))
        } else if let number = number(from: word.endIndex) {
          end = number.end
        } else {
          end = word.endIndex < source.count && source[word.endIndex] == 0x20 ? word.endIndex + 1 : word.endIndex
        }
      } else {
        end += 1
        // Line ends mean nothing.
        if byte == 0x0A || byte == 0x0D { continue }
      }
      rest -= 1
    }
    return end
  }

  /// Behind `\bin`, a number and so many bytes, in which braces mean nothing.
  private func endOfBytes(from place: Int) -> Int {
    let digits = source[place...].prefix(9).prefix(while: \.isDigit)
    let count = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    return min(source.count, digits.endIndex + (count > 0 ? count + 1 : 0))
  }

  // MARK: Characters beyond 16 bits

  /// What stands around the number of one: no text has these (Unicode 15, section 23.7, noncharacters).
  private static let large: (opening: UInt16, closing: UInt16) = (0xFDD0, 0xFDD1)

  /// Pandoc's page with those characters themselves.
  static func withLargeCharacters(_ page: [UInt8]) -> [UInt8] {
    let (opening, closing) = (String(decoding: [large.opening], as: UTF16.self), String(decoding: [large.closing], as: UTF16.self))
    guard page.firstRange(of: opening) != nil else { return page }
    var result: [UInt8] = []
    var rest = page[...]
    while let start = rest.firstRange(of: opening), let end = rest[start.upperBound...].firstRange(of: closing) {
      result += rest[..<start.lowerBound]
      let number = String(decoding: rest[start.upperBound..<end.lowerBound].prefix(8), as: UTF8.self)
      if let scalar = UInt32(number, radix: 16).flatMap(Unicode.Scalar.init) {
        result += String(scalar).utf8
        rest = rest[end.upperBound...]
      } else {
        rest = rest[start.upperBound...]
      }
    }
    return result + rest
  }
}
