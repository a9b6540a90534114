/// The pages of a PDF as paragraphs and tables, without the running heads and page numbers that repeat on them.
struct PDFPages {
  enum Part {
    /// Lines are joined, words that were cut at a line's end are whole again; with where each of them begins.
    case paragraph(text: [UInt8], lines: [(offset: Int, box: PageBox)])
    case table(PDFTables.Table)
  }

  /// Of each page, in reading order.
  private(set) var parts: [[Part]] = []

  private typealias Line = (text: [UInt8], box: PageBox)

  init(_ layout: PDFLayout) {
    var pages = layout.pages
    Self.dropRunningLines(&pages)
    let compounds = Self.compounds(pages)
    parts = pages.map { page in
      let tables = PDFTables(page.flows.flatMap(\.self)).tables
      let tableOfLine = Dictionary(tables.enumerated().flatMap { number, table in table.lines.map { ($0, number) } }) { first, _ in first }
      var parts: [Part] = []
      var written = Set<Int>()
      var paragraph: [Line] = []
      func end() {
        if !paragraph.isEmpty { parts.append(Self.join(paragraph, compounds: compounds)) }
        paragraph = []
      }
      var number = 0
      for flow in page.flows {
        for (index, line) in flow.enumerated() {
          if let table = tableOfLine[number] {
            end()
            if written.insert(table).inserted { parts.append(.table(tables[table])) }
          } else {
            paragraph.append((Self.expanded(line.text[...]), line.box))
            if line.endsBlock, index + 1 < flow.count, !Self.goesOn(line.text, in: flow[index + 1].text) { end() }
          }
          number += 1
        }
        end()
      }
      return parts
    }
  }

  /// Whether a sentence runs from one block of a column into the next.
  private static func goesOn(_ text: [UInt8], in next: [UInt8]) -> Bool {
    guard let last = text.last, let first = next.first else { return false }
    return !".!?:;".utf8.contains(last) && (first.isLowercaseLetter || first >= 0xC3)
  }

  /// First and last lines that stand, but for their digits, on at least three pages and a third of all.
  private static func dropRunningLines(_ pages: inout [PDFLayout.Page]) {
    guard pages.count >= 3 else { return }
    var counts: [[UInt8]: Int] = [:]
    func edges(_ page: PDFLayout.Page) -> [(flow: Int, line: Int)] {
      let places = page.flows.indices.flatMap { flow in page.flows[flow].indices.map { (flow: flow, line: $0) } }
        .sorted { page.flows[$0.flow][$0.line].box.middle < page.flows[$1.flow][$1.line].box.middle }
      // A page of a few lines is all edge.
      return places.count > 4 ? Array(places.prefix(2) + places.suffix(2)) : []
    }
    func pattern(_ line: PDFLayout.Line) -> [UInt8] { line.text.prefix(200).filter { !$0.isDigit && !$0.isWhiteSpace } }
    for page in pages {
      for key in Set(edges(page).map { pattern(page.flows[$0.flow][$0.line]) }) { counts[key, default: 0] += 1 }
    }
    for index in pages.indices {
      for (flow, line) in edges(pages[index]).sorted(by: { ($0.flow, $0.line) > ($1.flow, $1.line) }) {
        let key = pattern(pages[index].flows[flow][line])
        // A number alone may be a table's; it is a page's number when most pages have one.
        let needed = key.isEmpty ? max(3, pages.count * 2 / 3) : max(3, pages.count / 3)
        if counts[key, default: 0] >= needed { pages[index].flows[flow].remove(at: line) }
      }
      pages[index].flows.removeAll(where: \.isEmpty)
    }
  }

  /// Words with a hyphen inside a line: `well-known` cut after its hyphen keeps it.
  private static func compounds(_ pages: [PDFLayout.Page]) -> Set<[UInt8]> {
    var result: Set<[UInt8]> = []
    for line in pages.lazy.flatMap(\.flows).joined().map(\.text) where line.dropLast().contains(UInt8(ascii: "-")) {
      for word in line.split(whereSeparator: { !($0.isLetter || $0 >= 0x80 || $0 == UInt8(ascii: "-")) })
      where word.dropLast().contains(UInt8(ascii: "-")) {
        result.insert(lowercase(word))
      }
    }
    return result
  }

  private static func lowercase(_ word: some Sequence<UInt8>) -> [UInt8] { word.map { $0.isUppercaseLetter ? $0 + 32 : $0 } }

  /// Lines that fill the column run on; short ones, as in tables and addresses, keep their ends.
  private static func join(_ lines: [Line], compounds: Set<[UInt8]>) -> Part {
    // Half of the lines are as long as this.
    let width = min(72, lines.map(\.text.count).sorted()[lines.count / 2])
    var result: [UInt8] = []
    var places: [(offset: Int, box: PageBox)] = []
    for (index, (line, box)) in lines.enumerated() {
      places.append((result.count, box))
      result += line
      guard index + 1 < lines.count, let next = lines[index + 1].text.first else { continue }
      if result.ends(with: "\u{AD}") {
        result.removeLast(2)
      } else if endsInHyphen(result), next.isLowercaseLetter || next >= 0xC3 {
        let before = result.dropLast().reversed().prefix { $0.isLetter || $0 >= 0x80 }.reversed()
        let after = lines[index + 1].text.prefix { $0.isLetter || $0 >= 0x80 }
        if !compounds.contains(lowercase(Array(before) + [UInt8(ascii: "-")] + after)) { result.removeLast() }
      } else {
        result.append(line.count * 3 >= width * 2 && line.count >= 20 && !isBullet(lines[index + 1].text[...]) ? 0x20 : 0x0A)
      }
    }
    return .paragraph(text: result, lines: places)
  }

  private static func endsInHyphen(_ text: [UInt8]) -> Bool {
    guard text.count > 1, text.last == UInt8(ascii: "-") else { return false }
    let before = text[text.count - 2]
    return before.isLowercaseLetter || before >= 0x80
  }

  private static func isBullet(_ line: ArraySlice<UInt8>) -> Bool {
    let head = line.prefix(3)
    return head.elementsEqual("•".utf8) || head.elementsEqual("–".utf8) || head.prefix(2).elementsEqual("- ".utf8)
      || head.prefix(2).elementsEqual("· ".utf8)
  }

  /// Typesetters' ligatures become the letters that people search for.
  private static func expanded(_ line: ArraySlice<UInt8>) -> [UInt8] {
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
