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
    let pages = layout.pages
    let tables = pages.map { PDFTables($0.lines).tables }
    let running = Self.runningLines(pages, tables)
    let compounds = Self.compounds(pages)
    parts = zip(pages, zip(tables, running)).map { page, found in
      let (tables, running) = found
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
          } else if !running.contains(number) {
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

  /// For each page the numbers of those of its first and last lines that stand at the same height on at least three pages and a third of all, but for the
  /// page's number. Where they have words, they stay on the first page that has them.
  private static func runningLines(_ pages: [PDFLayout.Page], _ tables: [[PDFTables.Table]]) -> [Set<Int>] {
    var found = [Set<Int>](repeating: [], count: pages.count)
    guard pages.count >= 3 else { return found }
    var groups: [[UInt8]: [(page: Int, line: Int, numbers: [Int], height: Double, isTitle: Bool)]] = [:]
    for (page, (content, tables)) in zip(pages, tables).enumerated() {
      let lines = content.lines
      // A page of a few lines is all edge.
      guard lines.count > 4 else { continue }
      let size = lines.map(\.box.height).sorted()[lines.count / 2]
      let order = lines.indices.sorted { lines[$0].box.middle < lines[$1].box.middle }
      for line in Set(order.prefix(2) + order.suffix(2)) where !tables.contains(where: { $0.lines.contains(line) }) {
        let text = lines[line].text.prefix(200)
        let pattern = Array(text.split(omittingEmptySubsequences: false, whereSeparator: \.isDigit).joined(separator: [0x30]))
        let numbers = text.split { !$0.isDigit }.map { Int(String(decoding: $0.prefix(15), as: UTF8.self)) ?? 0 }
        groups[pattern, default: []].append((page, line, numbers, lines[line].box.middle, lines[line].box.height > 1.3 * size))
      }
    }
    for (pattern, lines) in groups {
      let hasWords = pattern.contains { $0.isLetter || $0 >= 0x80 }
      // A number alone may be a table's; it is a page's number when most pages have one.
      let needed = hasWords ? max(3, pages.count / 3) : max(3, pages.count * 2 / 3)
      var rest = lines
      while let first = rest.first {
        let same = rest.filter { abs($0.height - first.height) < 3 }
        rest.removeAll { abs($0.height - first.height) < 3 }
        // Each number is the same on all pages, or the page's; where there are words, one that stands where such numbers do.
        let mayCount = hasWords ? Self.pageNumbers(pages[first.page].lines[first.line].text) : nil
        let isRunning = first.numbers.indices.allSatisfy { place in
          same.allSatisfy { $0.numbers[place] == first.numbers[place] }
            || same.allSatisfy { $0.numbers[place] - $0.page == first.numbers[place] - first.page }
              // Years that count with the pages are titles.
              && !same.contains(where: \.isTitle)
              && (mayCount.map { $0.contains(place) && abs(first.numbers[place] - first.page) <= 50 } ?? true)
        }
        guard Set(same.map(\.page)).count >= needed, isRunning else { continue }
        for (page, line, _, _, _) in hasWords ? same.dropFirst() : same[...] { found[page].insert(line) }
      }
    }
    return found
  }

  /// Which numbers of a line may be its page's: those behind a word for it, and the first or last word of a line of some.
  private static func pageNumbers(_ text: [UInt8]) -> Set<Int> {
    let words = text.split { $0.isWhiteSpace }
    var result: Set<Int> = []
    var number = 0
    for (place, word) in words.enumerated() {
      let isAtEnd = words.count > 2 && (place == 0 || place == words.count - 1)
      let isNamed = place > 0 && pageWords.contains(String(decoding: words[place - 1].filter { $0 != UInt8(ascii: ".") }, as: UTF8.self).lowercased())
      if word.allSatisfy(\.isDigit), isAtEnd || isNamed { result.insert(number) }
      number += word.split { !$0.isDigit }.count
    }
    return result
  }

  private static let pageWords: Set<String> = [
    "page", "p", "pg", "seite", "s", "página", "pagina", "pág", "sida", "side", "strona", "стр", "страница",
  ]

  /// Words with a hyphen inside a line: `well-known` cut after its hyphen keeps it.
  private static func compounds(_ pages: [PDFLayout.Page]) -> Set<[UInt8]> {
    var result: Set<[UInt8]> = []
    for line in pages.lazy.flatMap(\.lines).map(\.text) where line.dropLast().contains(UInt8(ascii: "-")) {
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
        let whole = result.dropLast().reversed().prefix { !$0.isWhiteSpace }
        if conjunctions.contains(String(decoding: after, as: UTF8.self)) {
          // `Groß- und Kleinschreibung`
          result.append(0x20)
        } else if !whole.contains(where: { "-/@".utf8.contains($0) }), !compounds.contains(lowercase(Array(before) + [UInt8(ascii: "-")] + after)) {
          // What has a hyphen already, and a place in the web, is no word that was cut.
          result.removeLast()
        }
      } else if endsInDash(result), next.isDigit || next.isUppercaseLetter {
        // `SHA-256`, `non-Euclidean`
        continue
      } else {
        result.append(line.count * 3 >= width * 2 && line.count >= 20 && !isBullet(lines[index + 1].text[...]) ? 0x20 : 0x0A)
      }
    }
    return .paragraph(text: result, lines: places)
  }

  private static let conjunctions: Set<String> = ["und", "oder", "bzw", "sowie", "and", "or", "y", "e", "o", "u"]

  private static func endsInHyphen(_ text: [UInt8]) -> Bool {
    guard text.count > 1, text.last == UInt8(ascii: "-") else { return false }
    let before = text[text.count - 2]
    return before.isLowercaseLetter || before >= 0x80
  }

  /// A hyphen right behind a letter or digit.
  private static func endsInDash(_ text: [UInt8]) -> Bool {
    guard text.last == UInt8(ascii: "-"), let before = text.dropLast().last else { return false }
    return before.isLetter || before.isDigit || before >= 0x80
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
