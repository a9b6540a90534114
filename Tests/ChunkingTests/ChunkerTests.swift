import Chunking
import Documents
import Testing

/// Words and single marks, as a tokenizer of words counts them: additive over white space.
@Sendable func wordCount(_ text: String) -> Int {
  var count = 0
  var isInWord = false
  for scalar in text.unicodeScalars {
    if scalar.properties.isWhitespace {
      isInWord = false
    } else if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
      if !isInWord { count += 1 }
      isInWord = true
    } else {
      count += 1
      isInWord = false
    }
  }
  return count
}

/// Builds documents block by block.
struct Draft {
  var text = ""
  var blocks: [Block] = []

  mutating func add(
    _ kind: Block.Kind, _ content: String, path: [String] = [], context: String? = nil, record: RecordIdentity? = nil, separator: String = "\n\n"
  ) {
    if !text.isEmpty { text += separator }
    let start = text.utf8.count
    text += content
    let line = 1 + text.utf8.prefix(start).count { $0 == 10 }
    blocks.append(
      Block(
        kind: kind, textRange: start..<text.utf8.count,
        source: SourceSpan(byteRange: start..<text.utf8.count, lines: line...(line + content.utf8.count { $0 == 10 })), headingPath: path,
        context: context,
        record: record))
  }

  func document(title: String? = nil) -> ExtractedDocument { ExtractedDocument(format: .markdown, title: title, text: text, blocks: blocks) }
}

@Suite struct ChunkerTests {
  private let chunker = Chunker(tokenLimit: 60, overlapTokenLimit: 12, tokenCount: wordCount)

  private func sentence(_ number: Int) -> String { "Sentence number \(number) has nine words and a stop." }

  @Test func smallBlocksOfASectionArePacked() {
    var draft = Draft()
    draft.add(.heading(level: 1), "Title")
    for number in 1...4 { draft.add(.paragraph, sentence(number), path: ["Title"]) }
    let chunks = chunker.chunks(of: draft.document())
    #expect(chunks.count == 1)
    #expect(chunks[0].headingPath == ["Title"])
    #expect(chunks[0].text == draft.text)
    #expect(chunks[0].tokenCount == wordCount(chunks[0].indexedText))
    #expect(chunks[0].spans.map(\.source.lines) == [1...1, 3...3, 5...5, 7...7, 9...9])
  }

  @Test func aHeadingBeginsAChunkUnlessTheOneBeforeIsTiny() {
    var draft = Draft()
    draft.add(.heading(level: 1), "A")
    for number in 1...5 { draft.add(.paragraph, sentence(number), path: ["A"]) }
    draft.add(.heading(level: 1), "B")
    draft.add(.paragraph, "Short.", path: ["B"])
    draft.add(.heading(level: 1), "C")
    draft.add(.paragraph, "Short too.", path: ["C"])
    let chunks = chunker.chunks(of: draft.document())
    #expect(chunks.map(\.headingPath) == [["A"], []])
    #expect(chunks[1].text == "B\n\nShort.\n\nC\n\nShort too.")
  }

  @Test func longBlocksAreCutAtSentencesAndOverlap() throws {
    var draft = Draft()
    draft.add(.paragraph, (1...12).map(sentence).joined(separator: " "))
    let chunks = chunker.chunks(of: draft.document())
    #expect(chunks.count == 3)
    // 10 tokens a sentence: six fill a chunk, one is repeated.
    #expect(chunks[0].text == (1...6).map(sentence).joined(separator: " "))
    #expect(chunks[1].text.hasPrefix(sentence(6)))
    #expect(chunks[1].spans.first?.offset == 0)
    let core = Array(draft.text.utf8)[chunks[1].textRange]
    #expect(String(decoding: core, as: UTF8.self).hasPrefix(sentence(7)))
    // Where the text came from is narrowed to it.
    for chunk in chunks {
      for (index, span) in chunk.spans.enumerated() {
        let range = try #require(span.source.byteRange)
        let end = index + 1 < chunk.spans.count ? chunk.spans[index + 1].offset : chunk.text.utf8.count
        let stretch = Array(chunk.text.utf8)[span.offset..<end]
        #expect(String(decoding: stretch, as: UTF8.self).hasPrefix(String(decoding: Array(draft.text.utf8)[range], as: UTF8.self)))
      }
    }
  }

  @Test func rowsCarryTheirHeaderAndNeverOverlap() {
    var draft = Draft()
    draft.add(.tableRow, "Name | Age")
    for number in 1...30 { draft.add(.tableRow, "Person \(number) | \(number)", context: "Name | Age", separator: "\n") }
    let chunks = chunker.chunks(of: draft.document())
    #expect(chunks.count > 2)
    #expect(chunks.map(\.context) == [nil] + Array(repeating: "Name | Age", count: chunks.count - 1))
    #expect(chunks.allSatisfy { $0.text.utf8.count <= $0.textRange.count })
  }

  @Test func recordsAreNeverJoined() {
    var draft = Draft()
    for number in 1...3 { draft.add(.record, "Tiny.", record: RecordIdentity(name: "d\(number)", title: "T\(number)")) }
    let chunks = chunker.chunks(of: draft.document(title: "file"))
    #expect(chunks.map(\.record?.name) == ["d1", "d2", "d3"])
    #expect(chunks[0].indexedText == "T1\nTiny.")
  }

  @Test func longFunctionsKeepTheirDeclaration() {
    var draft = Draft()
    draft.add(.code, "def compute(a):\n" + (1...40).map { "    x\($0) = a + \($0)" }.joined(separator: "\n"), context: "class Maths:")
    let chunks = chunker.chunks(of: draft.document())
    #expect(chunks.count > 1)
    #expect(chunks[0].context == "class Maths:")
    #expect(chunks[1].context == "class Maths:\ndef compute(a):")
    #expect(chunks[1].text.hasPrefix("    x"))
    #expect(chunks[1].spans.first?.source.lines?.lowerBound != 1)
  }

  /// A declaration is looked for at the beginning only: a script of one line of megabytes would be looked through with every passage (it took minutes).
  @Test func aScriptOfOneLineHasNoDeclarationFarIn() {
    for (length, context) in [(100, "f(x)"), (9000, nil)] {
      var draft = Draft()
      draft.add(.code, "//" + String(repeating: "-", count: length) + "\nf(x) {\n" + (1...200).map { "    x\($0) = \($0)" }.joined(separator: "\n"))
      let contexts = chunker.chunks(of: draft.document()).map(\.context)
      #expect(contexts.count > 2 && contexts.last == .some(context), "\(contexts)")
    }
    // Where the beginning ends within the declaration there is none, not a part of it.
    var draft = Draft()
    draft.add(.code, "//" + String(repeating: "-", count: 8185) + "\nf(x) {\n" + (1...200).map { "    x\($0) = \($0)" }.joined(separator: "\n"))
    #expect(chunker.chunks(of: draft.document()).allSatisfy { $0.context == nil })
  }

  @Test func longHeadersLeaveRoom() {
    let long = (1...200).map { "word\($0)" }.joined(separator: " ")
    var draft = Draft()
    draft.add(.paragraph, (1...12).map(sentence).joined(separator: " "), path: [long, long], context: long)
    let chunks = chunker.chunks(of: draft.document(title: long))
    #expect(chunks.count > 1)
    for chunk in chunks { #expect(wordCount(chunk.indexedText) <= 60) }
  }

  @Test func noTextNoChunks() {
    #expect(chunker.chunks(of: Draft().document()).isEmpty)
  }

  /// Of any document: the ranges tile the text, no chunk is over the limit, spans are in order and inside, text ends in its core.
  @Test func chunksTileTheDocument() throws {
    var random = Random(state: 42)
    for round in 0..<400 {
      let document = random.document()
      let limit = 12 + random.below(120)
      let chunker = Chunker(tokenLimit: limit, overlapTokenLimit: random.below(limit / 2), tokenCount: wordCount)
      let chunks = chunker.chunks(of: document)
      let bytes = Array(document.text.utf8)
      var end = 0
      for (index, chunk) in chunks.enumerated() {
        try #require(chunk.textRange.lowerBound == end, "round \(round)")
        end = chunk.textRange.upperBound
        #expect(chunk.ordinal == index)
        // Parts of one word that meet again in a chunk were counted apart.
        #expect(wordCount(chunk.indexedText) <= chunk.tokenCount, "round \(round)")
        #expect(chunk.tokenCount <= limit, "round \(round), chunk \(index)")
        let text = Array(chunk.text.utf8)
        let core = Array(String(decoding: bytes[chunk.textRange], as: UTF8.self).utf8)
        let kept = core.prefix(core.count - core.reversed().prefix { $0 <= 0x20 }.count)
        #expect(text.suffix(kept.count).elementsEqual(kept), "round \(round)")
        #expect(chunk.spans.first?.offset == 0)
        #expect(zip(chunk.spans, chunk.spans.dropFirst()).allSatisfy { $0.offset < $1.offset })
        #expect(chunk.spans.allSatisfy { $0.offset < text.count })
      }
      #expect(end == bytes.count, "round \(round)")
    }
  }
}

/// Random documents of any Unicode, the same on every run.
struct Random {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

  private mutating func word() -> String {
    switch below(12) {
    case 0: return String((0..<(1 + below(6))).map { _ in Character(Unicode.Scalar(UInt32(0x4E00 + below(500))) ?? "x") })
    case 1: return "👨\u{200D}👩\u{200D}👧"
    case 2: return String((0..<(1 + below(400))).map { _ in Character(Unicode.Scalar(UInt32(0x61 + below(26))) ?? "x") })
    case 3: return "e\u{301}\u{302}\u{303}"
    case 4: return ["。", "…", "?", "!", "¿", "(x)", "“", "”", "1.", "-", "•"][below(11)]
    case 5: return String(Character(Unicode.Scalar(UInt32(0x20 + below(0xD000))) ?? "x"))
    default: return ["a", "the", "word", "Sentence.", "Dr.", "end.", "Ünïcode", "3.14", "x"][below(9)]
    }
  }

  mutating func document() -> ExtractedDocument {
    var draft = Draft()
    let paths: [[String]] = [[], ["A"], ["A", "B"], ["A", "C"], ["D"]]
    for _ in 0..<below(30) {
      let kinds: [Block.Kind] = [.heading(level: 1), .paragraph, .paragraph, .listItem, .code, .tableRow, .record]
      let kind = kinds[below(kinds.count)]
      let words = (0..<(1 + below(kind == .heading(level: 1) ? 4 : 80))).map { _ in word() }
      var content = words.reduce("") { $0 + ($0.isEmpty ? "" : [" ", " ", "\n", "  "][below(4)]) + $1 }
      if kind == .heading(level: 1) { content = content.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      while let last = content.unicodeScalars.last, last.properties.isWhitespace { content.unicodeScalars.removeLast() }
      while let first = content.unicodeScalars.first, first.properties.isWhitespace { content.unicodeScalars.removeFirst() }
      if content.isEmpty { content = "x" }
      let isRecord = kind == .record && below(2) == 0
      draft.add(
        kind, content, path: paths[below(paths.count)], context: kind == .tableRow || kind == .code ? "head \(below(3))" : nil,
        record: isRecord ? RecordIdentity(name: "r\(below(3))", title: below(2) == 0 ? "title" : nil) : nil, separator: below(2) == 0 ? "\n" : "\n\n")
    }
    return draft.document(title: below(2) == 0 ? "A title" : nil)
  }
}
