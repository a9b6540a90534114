import CPostings
import Foundation

/// What a piece of text consists of.
enum PiecePart: Equatable {
  /// Words with signs between them (`max_wal_size`), as they are written, and the whole of it; mostly one word, which is the whole.
  case words([String], whole: String)
  /// Characters of a script that has no spaces.
  case unspaced(String)
}

/// The parts of a piece, in order. What is not ASCII is looked at here character by character.
struct PieceParts: Sequence {
  private let parts: [PiecePart]

  init(_ piece: String) {
    var parts: [PiecePart] = []
    var words: [String] = []
    // Arrays, to which adding is cheap, and no longer than matters: what is cut is too long for a term anyway.
    var word: [Unicode.Scalar] = []
    var whole: [Unicode.Scalar] = []
    var signs: [Unicode.Scalar] = []
    var run: [Unicode.Scalar] = []
    func endWord() {
      if !word.isEmpty { words.append(Self.text(word)) }
      word.removeAll(keepingCapacity: true)
    }
    func endWords() {
      endWord()
      if !words.isEmpty { parts.append(.words(words, whole: Self.text(whole))) }
      words.removeAll()
      whole.removeAll(keepingCapacity: true)
      signs.removeAll()
    }
    func endRun() {
      if !run.isEmpty { parts.append(.unspaced(Self.text(run))) }
      run.removeAll()
    }
    let text = piece.utf8.allSatisfy { $0 < 0x80 } ? piece : CharacterFolding.composed(piece)
    for scalar in text.unicodeScalars {
      if CharacterFolding.isUnspaced(scalar) {
        endWords()
        run.append(scalar)
      } else if !run.isEmpty, scalar.properties.generalCategory == .nonspacingMark {
        continue
      } else if CharacterFolding.isWordScalar(scalar) {
        endRun()
        if whole.count < Self.scalarLimit { whole += signs + [scalar] }
        if word.count < Self.scalarLimit { word.append(scalar) }
        signs.removeAll()
      } else {
        endRun()
        endWord()
        if scalar.isASCII, !words.isEmpty { signs.append(scalar) } else { endWords() }
      }
    }
    endWords()
    endRun()
    self.parts = parts
  }

  /// Scalars of a word that are kept.
  private static let scalarLimit = 4 * TextAnalyzer.termByteLimit

  private static func text(_ scalars: [Unicode.Scalar]) -> String { String(String.UnicodeScalarView(scalars)) }

  func makeIterator() -> [PiecePart].Iterator { parts.makeIterator() }
}

extension TextAnalyzer {
  /// Runs without spaces and without signs at their ends, found byte by byte: the same that the builder finds.
  static func pieces(of text: String) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var pieces: [String] = []
      var at = 0
      var start = 0
      while unsafe quarry_next_piece(bytes.baseAddress, bytes.count, &at, &start) {
        pieces.append(unsafe String(decoding: bytes[start..<at], as: UTF8.self))
      }
      return pieces
    }
  }
}
