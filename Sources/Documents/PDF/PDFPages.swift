/// The pages of a PDF's text as paragraphs, without the running heads and page numbers that repeat on them.
struct PDFPages {
  /// Of each page, in order; lines are joined to paragraphs, words that were cut at a line's end are whole again.
  private(set) var paragraphs: [[[UInt8]]] = []

  private typealias Line = ArraySlice<UInt8>

  /// - Parameter text: As pdftotext writes it: a form feed after every page, a blank line between blocks.
  init(_ text: [UInt8]) {
    var pages = text.split(separator: 0x0C, omittingEmptySubsequences: false).map { page in
      page.split(separator: 0x0A, omittingEmptySubsequences: false).map(Self.trimmed)
    }
    if let last = pages.last, last.allSatisfy(\.isEmpty) { pages.removeLast() }
    Self.dropRunningLines(&pages)
    let compounds = Self.compounds(pages)
    paragraphs = pages.map { lines in
      lines.split { $0.isEmpty }.map { Self.join(Array($0), compounds: compounds) }
    }
  }

  private static func trimmed(_ line: Line) -> Line {
    var line = line
    while let last = line.last, last.isWhiteSpace { line.removeLast() }
    return line.drop { $0.isWhiteSpace }
  }

  /// First and last lines that stand, but for their digits, on at least three pages and a third of all.
  private static func dropRunningLines(_ pages: inout [[Line]]) {
    guard pages.count >= 3 else { return }
    var counts: [[UInt8]: Int] = [:]
    func edges(_ page: [Line]) -> [Int] {
      let filled = page.indices.filter { !page[$0].isEmpty }
      // A page of a few lines is all edge.
      guard filled.count > 4 else { return [] }
      return [filled[0], filled[1], filled[filled.count - 2], filled[filled.count - 1]]
    }
    func pattern(_ line: Line) -> [UInt8] { line.prefix(200).filter { !$0.isDigit && !$0.isWhiteSpace } }
    for page in pages {
      for key in Set(edges(page).map { pattern(page[$0]) }) { counts[key, default: 0] += 1 }
    }
    for index in pages.indices {
      for line in edges(pages[index]) {
        let key = pattern(pages[index][line])
        // A number alone may be a table's; it is a page's number when most pages have one.
        let needed = key.isEmpty ? max(3, pages.count * 2 / 3) : max(3, pages.count / 3)
        if counts[key, default: 0] >= needed { pages[index][line] = [] }
      }
    }
  }

  /// Words with a hyphen inside a line: `well-known` cut after its hyphen keeps it.
  private static func compounds(_ pages: [[Line]]) -> Set<[UInt8]> {
    var result: Set<[UInt8]> = []
    for line in pages.joined() where line.dropLast().contains(UInt8(ascii: "-")) {
      for word in line.split(whereSeparator: { !($0.isLetter || $0 >= 0x80 || $0 == UInt8(ascii: "-")) })
      where word.dropLast().contains(UInt8(ascii: "-")) {
        result.insert(lowercase(word))
      }
    }
    return result
  }

  private static func lowercase(_ word: some Sequence<UInt8>) -> [UInt8] { word.map { $0.isUppercaseLetter ? $0 + 32 : $0 } }

  /// Lines that fill the column run on; short ones, as in tables and addresses, keep their ends.
  private static func join(_ lines: [Line], compounds: Set<[UInt8]>) -> [UInt8] {
    // Half of the lines are as long as this. Lines that poppler joined already count as a usual column.
    let width = min(72, lines.map(\.count).sorted()[lines.count / 2])
    var result: [UInt8] = []
    for (index, line) in lines.enumerated() {
      result += expanded(line)
      guard index + 1 < lines.count, let next = lines[index + 1].first else { continue }
      if result.ends(with: "\u{AD}") {
        result.removeLast(2)
      } else if endsInHyphen(result), next.isLowercaseLetter || next >= 0xC3 {
        let before = result.dropLast().reversed().prefix { $0.isLetter || $0 >= 0x80 }.reversed()
        let after = lines[index + 1].prefix { $0.isLetter || $0 >= 0x80 }
        if !compounds.contains(lowercase(Array(before) + [UInt8(ascii: "-")] + after)) { result.removeLast() }
      } else {
        result.append(line.count * 3 >= width * 2 && line.count >= 20 && !isBullet(lines[index + 1]) ? 0x20 : 0x0A)
      }
    }
    return result
  }

  private static func endsInHyphen(_ text: [UInt8]) -> Bool {
    guard text.count > 1, text.last == UInt8(ascii: "-") else { return false }
    let before = text[text.count - 2]
    return before.isLowercaseLetter || before >= 0x80
  }

  private static func isBullet(_ line: Line) -> Bool {
    let head = line.prefix(3)
    return head.elementsEqual("•".utf8) || head.elementsEqual("–".utf8) || head.prefix(2).elementsEqual("- ".utf8)
      || head.prefix(2).elementsEqual("· ".utf8)
  }

  /// Typesetters' ligatures become the letters that people search for.
  private static func expanded(_ line: Line) -> [UInt8] {
    guard line.contains(0xEF) else { return Array(line) }
    var result: [UInt8] = []
    var index = line.startIndex
    while index < line.endIndex {
      if line[index] == 0xEF, index + 2 < line.endIndex, line[index + 1] == 0xAC, (0x80...0x86).contains(line[index + 2]) {
        result += Array(["ff", "fi", "fl", "ffi", "ffl", "st", "st"][Int(line[index + 2]) - 0x80].utf8)
        index += 3
      } else {
        result.append(line[index])
        index += 1
      }
    }
    return result
  }
}
