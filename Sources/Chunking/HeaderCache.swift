import Documents

/// What stands above a chunk's text, cut so that at least a third of the limit is left for the text itself, and its tokens.
struct HeaderCache {
  struct Header {
    var title: String?
    var record: RecordIdentity?
    var path: [String]
    var tokens: Int
  }

  private let chunker: Chunker
  private var known: [Key: Header] = [:]

  private struct Key: Hashable {
    let record: RecordIdentity?
    let path: [String]
  }

  init(chunker: Chunker) {
    self.chunker = chunker
  }

  mutating func header(title: String?, record: RecordIdentity?, path: [String]) -> Header {
    let key = Key(record: record, path: path)
    if let header = known[key] { return header }
    var header = Header(title: title, record: record, path: path, tokens: 0)
    let limit = chunker.tokenLimit / 3
    header.tokens = tokens(of: header)
    // The outer headings say least.
    while header.tokens > limit, header.path.count > 1 {
      header.path.removeFirst()
      header.tokens = tokens(of: header)
    }
    if header.tokens > limit {
      let half = limit / 2
      header.title = header.title.map { chunker.shortened($0, tokenLimit: half).text }
      let recordTitle = header.record?.title
      header.record?.title = recordTitle.map { chunker.shortened($0, tokenLimit: half).text }
      // One token for the arrow between the two.
      header.path = header.path.map { chunker.shortened($0, tokenLimit: max(0, limit - half - 1)).text }
      header.tokens = tokens(of: header)
    }
    if known.count > 1000 { known = [:] }
    known[key] = header
    return header
  }

  private func tokens(of header: Header) -> Int {
    let chunk = Chunk(
      ordinal: 0, textRange: 0..<0, text: "", title: header.title, headingPath: header.path, context: nil, record: header.record, spans: [],
      tokenCount: 0)
    let text = chunk.header
    return text.isEmpty ? 0 : chunker.tokenCount(text)
  }
}

extension Chunker {
  /// The first words of a text that is too long, with its tokens.
  func shortened(_ text: String, tokenLimit: Int) -> (text: String, tokens: Int) {
    let count = tokenCount(text)
    if count <= tokenLimit, text.utf8.count / Self.byteCountPerToken <= tokenLimit { return (text, count) }
    var kept: [Substring] = []
    var tokens = 0
    for word in text.split(whereSeparator: \.isWhitespace) {
      let count = max(tokenCount(String(word)), word.utf8.count / Self.byteCountPerToken)
      guard tokens + count <= tokenLimit else { break }
      tokens += count
      kept.append(word)
    }
    let short = kept.joined(separator: " ")
    return (short, short.isEmpty ? 0 : tokenCount(short))
  }
}
