/// The words of a PDF's pages and where they stand, as `pdftotext -bbox-layout` writes them: lines in reading order, a flow for each run of columns.
///
/// It is XHTML of a fixed form with one element a line. It is read line by line and not as XML, since poppler passes on control characters that XML forbids.
struct PDFLayout {
  struct Word {
    var text: [UInt8]
    var box: PageBox

    /// Above 0 where most letters are written from left to right, below where they are Hebrew or Arabic.
    var direction: Int {
      guard text.contains(where: { $0 >= 0xD6 }) else { return text.count { $0.isLetter || $0 >= 0xC3 } }
      return String(decoding: text, as: UTF8.self).unicodeScalars.reduce(0) { sum, scalar in
        switch scalar.value {
        // Letters of both, and their forms at the beginning and end of words.
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC: sum - (scalar.properties.numericType == nil ? 1 : 0)
        default: sum + (scalar.properties.isAlphabetic ? 1 : 0)
        }
      }
    }

    /// Whether it is a number that stands small and high behind another word: an exponent, or a footnote's.
    func isRaised(behind other: Word) -> Bool {
      let isNumber = text.last?.isDigit == true && text.drop { "-+".utf8.contains($0) || $0 >= 0x80 }.allSatisfy(\.isDigit)
      // Fonts of signs reach lower than letters, and what stands low behind them is not high.
      let size = other.box.height
      return isNumber && box.height < 0.9 * size && other.box.bottom - box.bottom > 0.2 * size && box.top - other.box.top < 0.1 * size
    }

    /// Points between two words of a line, whichever way it is turned.
    func gap(to other: Word) -> Double {
      max(other.box.left - box.right, box.left - other.box.right, other.box.top - box.bottom, box.top - other.box.bottom)
    }
  }

  struct Line {
    var words: [Word]
    var box: PageBox
    /// Whether a block of the page ends with it.
    var endsBlock = false

    init(_ words: [Word]) {
      self.words = words
      box = words.dropFirst().reduce(words[0].box) { $0.union($1.box) }
    }

    /// Letters' sizes between two words: poppler parts at a tenth of a size, and at another font without any.
    private static let wordGap = 0.05

    /// The words with a space between those that stand apart: a word that changes its font is several for poppler.
    ///
    /// Poppler gives words and their letters as they stand from left to right; those of Hebrew and Arabic are read the other way round.
    var text: [UInt8] {
      let words = words.contains { $0.direction < 0 } ? Self.inReadingOrder(words) : words
      // Written upwards or downwards, letters are as wide as they are high.
      let isTurned = box.height > 1.5 * box.width
      func size(_ word: Word) -> Double { isTurned ? word.box.width : word.box.height }
      var text = words[0].text
      for (before, word) in zip(words, words.dropFirst()) {
        if before.gap(to: word) >= Self.wordGap * min(size(before), size(word)) {
          text.append(0x20)
        } else if !isTurned, word.isRaised(behind: before) {
          text.append(UInt8(ascii: "^"))
        }
        text += word.text
      }
      return text
    }

    /// Runs of words in the line's own direction follow each other in it, those of the other one stand in it turned.
    private static func inReadingOrder(_ words: [Word]) -> [Word] {
      let isFromRight = words.reduce(0) { $0 + $1.direction } < 0
      var result: [Word] = []
      var run: [Word] = []
      for var word in isFromRight ? words.reversed() : words {
        let isTurned = word.direction < 0
        if isTurned { word.text = turned(word.text) }
        if isTurned == isFromRight {
          result += run.reversed() + [word]
          run = []
        } else {
          run.append(word)
        }
      }
      return result + run.reversed()
    }

    /// Letters from right to left, of which numbers and Latin letters among them are none.
    private static func turned(_ text: [UInt8]) -> [UInt8] {
      func isLeftToRight(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.numericType != nil || scalar.value < 0x0590 && scalar.properties.isAlphabetic
      }
      var result: [Unicode.Scalar] = []
      var run: [Unicode.Scalar] = []
      /// Signs behind a run, which belong to it where it goes on: `12:30`.
      var signs: [Unicode.Scalar] = []
      for scalar in String(decoding: text, as: UTF8.self).unicodeScalars.reversed() {
        if isLeftToRight(scalar) {
          run += signs + [scalar]
          signs = []
        } else if !run.isEmpty, scalar.isASCII {
          signs.append(scalar)
        } else {
          result += run.reversed() + signs + [scalar]
          (run, signs) = ([], [])
        }
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: result + run.reversed() + signs)
      return Array(String(view).utf8)
    }
  }

  struct Page {
    /// Lines of each flow, none of them empty.
    var flows: [[Line]] = []

    /// In reading order; a line's place among them is its number.
    var lines: [Line] { flows.flatMap(\.self) }
  }

  private(set) var pages: [Page] = []

  init(_ output: [UInt8]) {
    var words: [Word] = []
    for raw in output.split(separator: 0x0A) {
      let line = raw.drop { $0 == 0x20 }
      if line.starts(with: Self.wordTag) {
        if let word = Self.word(line) { words.append(word) }
      } else if line.starts(with: "</line>".utf8) {
        if !words.isEmpty, !pages.isEmpty { append(Line(words)) }
        words = []
      } else if line.starts(with: "</block>".utf8) {
        if let page = pages.indices.last, let flow = pages[page].flows.indices.last, let last = pages[page].flows[flow].indices.last {
          pages[page].flows[flow][last].endsBlock = true
        }
      } else if line.starts(with: "<flow>".utf8) {
        if let page = pages.indices.last { pages[page].flows.append([]) }
      } else if line.starts(with: "<page ".utf8) {
        pages.append(Page())
      }
    }
    for page in pages.indices { pages[page].flows.removeAll(where: \.isEmpty) }
  }

  private mutating func append(_ line: Line) {
    let page = pages.count - 1
    if pages[page].flows.isEmpty { pages[page].flows.append([]) }
    pages[page].flows[pages[page].flows.count - 1].append(line)
  }

  private static let wordTag = Array("<word ".utf8)
  private static let wordEnd = Array("</word>".utf8)

  /// `<word xMin="1" yMin="2" xMax="3" yMax="4">text</word>`
  private static func word(_ line: ArraySlice<UInt8>) -> Word? {
    guard let tagEnd = line.firstIndex(of: UInt8(ascii: ">")) else { return nil }
    let numbers = line[..<tagEnd].split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false).enumerated()
      .filter { !$0.offset.isMultiple(of: 2) }.map { Double(String(decoding: $0.element, as: UTF8.self)) ?? .nan }
    guard numbers.count == 4, numbers.allSatisfy({ abs($0) <= PageBox.limit }) else { return nil }
    var text = line[(tagEnd + 1)...]
    if text.suffix(wordEnd.count).elementsEqual(wordEnd) { text.removeLast(wordEnd.count) }
    // What a page shows as one word may hold spaces that are not of ASCII.
    let unescaped = Self.unescaped(text)
    guard !unescaped.allSatisfy(\.isWhiteSpace) else { return nil }
    // What some programs cut words with is a hyphen like any other.
    let plain = unescaped.contains(0xE2) ? unescaped.replacing(Array("\u{2010}".utf8), with: Array("-".utf8)) : unescaped
    return Word(text: plain, box: PageBox(left: numbers[0], top: numbers[1], right: numbers[2], bottom: numbers[3]))
  }

  private static let entities = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'")]
    .map { (Array($0.utf8), Array($1.utf8)) }

  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    guard text.contains(UInt8(ascii: "&")) else { return Array(text) }
    var result: [UInt8] = []
    var rest = text
    while let first = rest.first {
      if first == UInt8(ascii: "&"), let (entity, sign) = entities.first(where: { rest.starts(with: $0.0) }) {
        result += sign
        rest.removeFirst(entity.count)
      } else {
        result.append(first)
        rest.removeFirst()
      }
    }
    return result
  }
}
