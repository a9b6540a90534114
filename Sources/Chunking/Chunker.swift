package import Documents

/// Cuts a document into passages that an embedder takes whole.
///
/// Blocks stay whole where they fit; small neighbours under one heading are packed together; a new heading begins a new chunk unless the
/// current one is tiny; a block that is too long is cut at sentence ends, then at white space, then between characters. The limit counts
/// all of `Chunk.indexedText`. Tokens are counted once per block or sentence and added up, which is exact over white space.
package struct Chunker: Sendable {
  let tokenLimit: Int
  let overlapTokenLimit: Int
  let tokenCount: @Sendable (String) -> Int

  /// A section with fewer tokens than this takes in the next one.
  static let tinyTokenCount = 40
  /// Bytes that count as one token at least, so that a word that the embedder takes for a single unknown token cannot fill a chunk of megabytes.
  static let byteCountPerToken = 16

  /// - Parameters:
  ///   - tokenLimit: Tokens of a chunk's `indexedText`, at most; the embedder's special tokens are the caller's to subtract.
  ///   - overlapTokenLimit: Tokens of whole sentences that a chunk repeats from the one before it in its section, at most.
  ///   - tokenCount: Tokens of a text as the embedder counts them, without special tokens. Additive over white space.
  package init(tokenLimit: Int, overlapTokenLimit: Int, tokenCount: @escaping @Sendable (String) -> Int) {
    precondition(tokenLimit > 0 && overlapTokenLimit >= 0, "a chunk needs room for a token")
    self.tokenLimit = tokenLimit
    self.overlapTokenLimit = overlapTokenLimit
    self.tokenCount = tokenCount
  }

  /// Rises when the same document is cut in another way.
  private static let version = 1

  /// Equal for chunkers that cut every document in the same way, if they count tokens in the same way.
  package var fingerprint: String { "chunker-\(Self.version)/\(tokenLimit)/\(overlapTokenLimit)" }

  /// The chunks in order; their `textRange`s tile the document's text. None for a document without text.
  package func chunks(of document: ExtractedDocument) -> [Chunk] {
    var run = ChunkRun(chunker: self, document: document)
    run.run()
    return run.chunks
  }

  /// The same of a part of a document, counted on from the parts before it.
  package func chunks(of part: ExtractedDocument, after place: inout ChunkPlace) -> [Chunk] {
    var chunks = chunks(of: part)
    for index in chunks.indices {
      chunks[index].ordinal += place.ordinal
      chunks[index].textRange = place.textOffset + chunks[index].textRange.lowerBound..<place.textOffset + chunks[index].textRange.upperBound
    }
    place.ordinal += chunks.count
    place.textOffset += part.text.utf8.count
    return chunks
  }
}

/// How many chunks and bytes of a document's text stand before a place in it.
package struct ChunkPlace: Sendable {
  package fileprivate(set) var ordinal = 0
  package fileprivate(set) var textOffset = 0

  /// The beginning.
  package init() {}
}

/// A stretch of one block that goes into one chunk.
struct Piece {
  let block: Int
  let range: Range<Int>
  let tokens: Int
  /// Tokens, or more where there are too many bytes for them.
  let weight: Int
}

/// The chunking of one document.
struct ChunkRun {
  let chunker: Chunker
  let title: String?
  let blocks: [Block]
  let bytes: [UInt8]
  private(set) var chunks: [Chunk] = []

  private var current = OpenChunk()
  private var headers: HeaderCache
  private var contexts: [String: (text: String, tokens: Int)] = [:]
  private var lines: LineMap?

  init(chunker: Chunker, document: ExtractedDocument) {
    self.chunker = chunker
    bytes = Array(document.text.utf8)
    title = document.title
    headers = HeaderCache(chunker: chunker)
    if document.blocks.isEmpty, !bytes.allSatisfy(\.isWhiteSpace) {
      blocks = [Block(kind: .paragraph, textRange: 0..<bytes.count, source: SourceSpan())]
    } else {
      blocks = document.blocks
    }
  }

  mutating func run() {
    for index in blocks.indices { add(index) }
    close(before: nil)
  }

  // MARK: Packing

  private mutating func add(_ index: Int) {
    let block = blocks[index]
    let section = sectionPath(of: block)
    if !current.pieces.isEmpty, isBorder(before: block, section: section) { close(before: nil) }
    let whole = piece(index, block.textRange)
    if fits(whole, section: section) { return append(whole, section: section) }
    if !current.isHeadingOnly, whole.weight <= room(for: index, section: section, from: block.textRange.lowerBound) {
      close(before: whole)
      return append(whole, section: section)
    }
    lines = LineMap(block: block, bytes: bytes)
    for piece in pieces(of: index, weightLimit: room(for: index, section: section, from: block.textRange.upperBound)) {
      if !current.pieces.isEmpty, !fits(piece, section: section) { close(before: piece) }
      append(piece, section: section)
    }
  }

  /// A heading opens a section of its own name below those above it.
  private func sectionPath(of block: Block) -> [String] {
    guard case .heading = block.kind else { return block.headingPath }
    return block.headingPath + [String(decoding: bytes[block.textRange], as: UTF8.self)]
  }

  private func isBorder(before block: Block, section: [String]) -> Bool {
    guard let last = current.pieces.last else { return false }
    if blocks[last.block].record != block.record { return true }
    guard section != current.lastSection else { return false }
    if current.isHeadingOnly, section.starts(with: current.lastSection) { return false }
    guard current.tokens < Chunker.tinyTokenCount else { return true }
    // Only what stands side by side, or below, belongs together.
    return section.count < current.lastSection.count || commonPrefix(section, current.lastSection).count < current.lastSection.count - 1
  }

  private mutating func fits(_ piece: Piece, section: [String]) -> Bool {
    let block = blocks[piece.block]
    let path = current.path(adding: section, isHeading: block.isHeading)
    let header = headers.header(title: title, record: block.record, path: path)
    let context = current.pieces.isEmpty ? self.context(of: block, from: piece.range.lowerBound).tokens : current.contextTokens
    return header.tokens + context + current.weight + piece.weight <= chunker.tokenLimit
  }

  /// What a chunk that begins with a piece of this block has for it.
  private mutating func room(for index: Int, section: [String], from offset: Int) -> Int {
    let block = blocks[index]
    let header = headers.header(title: title, record: block.record, path: section)
    return max(1, chunker.tokenLimit - header.tokens - context(of: block, from: offset).tokens)
  }

  private mutating func append(_ piece: Piece, section: [String]) {
    let block = blocks[piece.block]
    if current.pieces.isEmpty {
      let context = context(of: block, from: piece.range.lowerBound)
      current.context = context.text.isEmpty ? nil : context.text
      current.contextTokens = context.tokens
    }
    current.add(piece, section: section, isHeading: block.isHeading)
    current.spans += spans(of: piece)
  }

  /// The block's context, cut to a third of the limit; for the later parts of a long function, with the line that declares it.
  private mutating func context(of block: Block, from offset: Int) -> (text: String, tokens: Int) {
    var parts = [block.context ?? ""]
    if block.kind == .code, offset > block.textRange.lowerBound { parts.append(declaration(of: block, before: offset)) }
    let context = parts.filter { !$0.isEmpty }.joined(separator: "\n")
    guard !context.isEmpty else { return ("", 0) }
    if let known = contexts[context] { return known }
    let cut = chunker.shortened(context, tokenLimit: chunker.tokenLimit / 3)
    if contexts.count > 1000 { contexts = [:] }
    contexts[context] = cut
    return cut
  }

  /// The first line of code that is neither a comment nor an attribute, if it stands before `offset` and reads like a declaration.
  private func declaration(of block: Block, before offset: Int) -> String {
    // Not all of a block that is one line of megabytes, with every passage of it; and no line that is cut.
    var head = bytes[block.textRange.lowerBound..<offset].prefix(8192)
    if head.endIndex < offset { head = head[..<(head.lastIndex(of: UInt8(ascii: "\n")) ?? head.startIndex)] }
    for line in head.split(separator: UInt8(ascii: "\n")).prefix(60) {
      let text = line.drop(while: \.isWhiteSpace)
      guard let first = text.first, first.isLetter || first == UInt8(ascii: "_") else { continue }
      guard text.count <= 200, text.contains(UInt8(ascii: "(")) || text.contains(UInt8(ascii: "{")) || text.contains(UInt8(ascii: ":")) else {
        return ""
      }
      var end = text.endIndex
      while end > text.startIndex, bytes[end - 1].isWhiteSpace || bytes[end - 1] == UInt8(ascii: "{") { end -= 1 }
      return String(decoding: text[..<end], as: UTF8.self)
    }
    return ""
  }

  /// Ends the current chunk, and begins the next with an overlap if a piece of the same section follows.
  private mutating func close(before next: Piece?) {
    guard let first = current.pieces.first, let last = current.pieces.last else { return }
    let block = blocks[first.block]
    let header = headers.header(title: title, record: block.record, path: current.path)
    let start = current.overlap.first?.range.lowerBound ?? first.range.lowerBound
    let end = last.range.upperBound
    // White space after a chunk is its own; the last chunk's core ends with the text.
    if let last = chunks.indices.last { chunks[last].textRange = chunks[last].textRange.lowerBound..<first.range.lowerBound }
    chunks.append(
      Chunk(
        ordinal: chunks.count, textRange: (chunks.isEmpty ? 0 : first.range.lowerBound)..<bytes.count,
        text: String(decoding: bytes[start..<end], as: UTF8.self), title: header.title, headingPath: header.path, context: current.context,
        record: header.record,
        spans: (current.overlap.flatMap { spans(of: $0) } + current.spans).map { ChunkSpan(offset: $0.offset - start, source: $0.source) },
        tokenCount: header.tokens + current.contextTokens + current.tokens))
    let section = current.lastSection
    var overlap: [Piece] = []
    if let next { overlap = self.overlap(before: next, section: section) }
    current = OpenChunk()
    current.begin(overlap: overlap)
  }

  // MARK: Overlap

  /// Whole sentences from the end of the current chunk, which the chunk that begins with `next` repeats.
  private mutating func overlap(before next: Piece, section: [String]) -> [Piece] {
    let block = blocks[next.block]
    guard chunker.overlapTokenLimit > 0, block.isProse, sectionPath(of: block) == section else { return [] }
    let allowed = min(chunker.overlapTokenLimit, room(for: next.block, section: section, from: next.range.lowerBound) - next.weight)
    var result: [Piece] = []
    var weight = 0
    for piece in current.pieces.reversed() {
      guard blocks[piece.block].isProse else { break }
      let sentences = SentenceSplitter().ranges(in: Array(bytes[piece.range]))
      for sentence in sentences.reversed() {
        let range = (piece.range.lowerBound + sentence.lowerBound)..<(piece.range.lowerBound + sentence.upperBound)
        let repeated = self.piece(piece.block, range)
        guard weight + repeated.weight <= allowed else { return result.reversed() }
        weight += repeated.weight
        result.append(repeated)
      }
    }
    // All of a chunk is no overlap but a copy.
    return []
  }

  // MARK: Cutting

  func piece(_ block: Int, _ range: Range<Int>) -> Piece {
    let tokens = chunker.tokenCount(String(decoding: bytes[range], as: UTF8.self))
    return Piece(block: block, range: range, tokens: tokens, weight: max(tokens, range.count / Chunker.byteCountPerToken))
  }

  /// Sentences of prose and lines of code, each cut on if it is too long itself.
  private func pieces(of index: Int, weightLimit: Int) -> [Piece] {
    let block = blocks[index]
    var result: [Piece] = []
    let ranges: [Range<Int>] =
      switch block.kind {
      case .code: codeParts(of: block.textRange, index: index, weightLimit: weightLimit)
      case .record where block.record == nil: fieldParts(of: block.textRange, index: index, weightLimit: weightLimit)
      default: sentences(of: block.textRange)
      }
    for range in ranges { cut(range, block: index, weightLimit: weightLimit, into: &result) }
    return result
  }

  private func sentences(of range: Range<Int>) -> [Range<Int>] {
    SentenceSplitter().ranges(in: Array(bytes[range])).map { (range.lowerBound + $0.lowerBound)..<(range.lowerBound + $0.upperBound) }
  }

  /// Lines of a record, each a field; sentences of a field that is too long.
  private func fieldParts(of range: Range<Int>, index: Int, weightLimit: Int) -> [Range<Int>] {
    bytes[range].split(separator: UInt8(ascii: "\n")).flatMap { line -> [Range<Int>] in
      let field = line.startIndex..<line.endIndex
      return piece(index, field).weight <= weightLimit ? [field] : sentences(of: field)
    }
  }

  /// Groups of lines between blank lines; single lines of a group that is too long. Indentation stays with its line.
  private func codeParts(of range: Range<Int>, index: Int, weightLimit: Int) -> [Range<Int>] {
    var groups: [[Range<Int>]] = [[]]
    for line in bytes[range].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.allSatisfy(\.isWhiteSpace) {
        if groups[groups.count - 1] != [] { groups.append([]) }
      } else {
        groups[groups.count - 1].append(line.startIndex..<line.endIndex)
      }
    }
    return groups.flatMap { group -> [Range<Int>] in
      guard let first = group.first, let last = group.last else { return [] }
      let whole = first.lowerBound..<last.upperBound
      return piece(index, whole).weight <= weightLimit ? [whole] : group
    }
  }

  /// Appends `range` if it fits, else its words packed together, else parts of a word.
  private func cut(_ range: Range<Int>, block: Int, weightLimit: Int, into result: inout [Piece]) {
    let whole = piece(block, range)
    if whole.weight <= weightLimit { return result.append(whole) }
    var open: Piece?
    var position = range.lowerBound
    while position < range.upperBound {
      // Leading white space stays with the first word only.
      var end = position
      while end < range.upperBound, bytes[end].isWhiteSpace { end += 1 }
      let start = open == nil && position == range.lowerBound ? position : end
      while end < range.upperBound, !bytes[end].isWhiteSpace { end += 1 }
      position = end
      guard start < end else { break }
      let word = piece(block, start..<end)
      if let packed = open, packed.weight + word.weight <= weightLimit {
        open = Piece(
          block: block, range: packed.range.lowerBound..<end, tokens: packed.tokens + word.tokens, weight: packed.weight + word.weight)
        continue
      }
      if let packed = open { result.append(packed) }
      open = nil
      if word.weight <= weightLimit { open = word } else { halve(word, weightLimit: weightLimit, into: &result) }
    }
    if let open { result.append(open) }
  }

  /// Cuts a word in the middle, at a scalar border, until each part fits.
  private func halve(_ word: Piece, weightLimit: Int, into result: inout [Piece]) {
    var pending = [word]
    while let piece = pending.popLast() {
      var middle = piece.range.lowerBound + piece.range.count / 2
      while middle < piece.range.upperBound, bytes[middle].isContinuation { middle += 1 }
      if middle == piece.range.upperBound {
        middle = piece.range.lowerBound + piece.range.count / 2
        while middle > piece.range.lowerBound, bytes[middle].isContinuation { middle -= 1 }
      }
      if piece.weight <= weightLimit || middle == piece.range.lowerBound || middle == piece.range.upperBound {
        result.append(piece)
      } else {
        pending.append(self.piece(piece.block, middle..<piece.range.upperBound))
        pending.append(self.piece(piece.block, piece.range.lowerBound..<middle))
      }
    }
  }

  // MARK: Sources

  /// Where a piece came from: the block's span, narrowed to the piece; more than one where the block has anchors.
  private mutating func spans(of piece: Piece) -> [ChunkSpan] {
    let block = blocks[piece.block]
    if block.anchors.isEmpty {
      if piece.range == block.textRange { return [ChunkSpan(offset: piece.range.lowerBound, source: block.source)] }
      if lines?.blockStart != block.textRange.lowerBound { lines = LineMap(block: block, bytes: bytes) }
      return [ChunkSpan(offset: piece.range.lowerBound, source: lines?.source(of: piece.range) ?? block.source)]
    }
    var result: [ChunkSpan] = []
    var low = 0
    var high = block.anchors.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if block.anchors[middle].offset <= piece.range.lowerBound { low = middle } else { high = middle }
    }
    for anchor in block.anchors[low...] {
      guard anchor.offset < piece.range.upperBound else { break }
      result.append(ChunkSpan(offset: max(anchor.offset, piece.range.lowerBound), source: anchor.source))
    }
    return result
  }
}

extension Block {
  var isHeading: Bool {
    if case .heading = kind { true } else { false }
  }

  /// Text in sentences, of which the last may be repeated.
  var isProse: Bool { (kind == .paragraph || kind == .listItem) && record == nil }
}

/// The elements that both begin with.
func commonPrefix(_ a: [String], _ b: [String]) -> [String] {
  zip(a, b).prefix { $0 == $1 }.map(\.0)
}
