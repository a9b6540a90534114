import CPostings

/// A chunk as it is indexed.
package struct LexicalEntry: Sendable {
  package let id: Int64
  /// Titles and headings above it.
  package let header: String
  /// What was written about it to place it.
  package let context: String
  package let body: String
  /// As `en`; `nil` where it is not known.
  package let language: String?

  package init(id: Int64, header: String = "", context: String = "", body: String, language: String? = nil) {
    (self.id, self.header, self.context, self.body, self.language) = (id, header, context, body, language)
  }
}

/// Makes a segment of chunks. Holds their postings compressed, and not their texts: about 150 MB per million chunks of a hundred words.
///
/// Memory-safe: C's builder lives as long as the value.
@safe package struct LexicalSegmentBuilder: ~Copyable {
  /// Chunks of a segment at most.
  package static let chunkLimit = Int(QUARRY_ENTRY_LIMIT)

  private let builder: OpaquePointer
  private let analyzer = TextAnalyzer()
  /// Languages in the order in which they were seen.
  private var languages: [String] = []
  private var lastID: Int64?
  package private(set) var count = 0

  package init() { unsafe builder = quarry_builder_new() }

  deinit { unsafe quarry_builder_free(builder) }

  /// Adds a chunk; ids rise.
  package mutating func add(_ entry: LexicalEntry) {
    precondition(lastID.map { $0 < entry.id } ?? true, "the ids of chunks rise")
    let began = unsafe quarry_builder_begin(builder, entry.id)
    precondition(began, "a segment has at most \(Self.chunkLimit) chunks")
    lastID = entry.id
    let language = number(of: entry.language ?? TextAnalyzer.defaultLanguage)
    add(entry.header, language, weight: BM25.headerWeight)
    add(entry.context, language, weight: BM25.contextWeight)
    add(entry.body, language, weight: BM25.bodyWeight)
    unsafe quarry_builder_end(builder)
    count += 1
  }

  /// The segment of all chunks.
  package consuming func finish() -> LexicalSegment {
    var postings = unsafe quarry_segment()
    unsafe quarry_builder_finish(builder, &postings)
    return unsafe LexicalSegment(owning: postings, languages: languages.sorted())
  }

  private mutating func number(of language: String) -> Int {
    if let number = languages.firstIndex(of: language) { return number }
    languages.append(language)
    return languages.count - 1
  }

  private func add(_ text: String, _ language: Int, weight: UInt32) {
    var text = text
    text.withUTF8 { bytes in
      var at = 0
      var start = 0
      // Stops at pieces that it does not know yet.
      while unsafe quarry_builder_scan(builder, bytes.baseAddress, bytes.count, UInt32(language), weight, &at, &start) {
        let piece = unsafe UnsafeBufferPointer(rebasing: bytes[start..<at])
        let analysis = unsafe analyzer.analyze(String(decoding: piece, as: UTF8.self), language: languages[language])
        let terms = analysis.terms.map { number(ofTerm: $0.text) }
        unsafe quarry_builder_remember(builder, piece.baseAddress, piece.count, UInt32(language), terms, terms.count, UInt32(analysis.wordCount))
        unsafe quarry_builder_count(builder, terms, terms.count, UInt32(analysis.wordCount), weight)
      }
    }
  }

  private func number(ofTerm term: String) -> UInt32 {
    var term = term
    return term.withUTF8 { unsafe quarry_builder_term(builder, $0.baseAddress, $0.count) }
  }
}
