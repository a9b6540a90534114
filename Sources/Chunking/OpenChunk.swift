/// A chunk that is being filled.
struct OpenChunk {
  private(set) var pieces: [Piece] = []
  /// Sentences from the chunk before.
  private(set) var overlap: [Piece] = []
  /// Of overlap and pieces, offsets in the document's text.
  var spans: [ChunkSpan] = []
  private(set) var tokens = 0
  private(set) var weight = 0
  var context: String?
  var contextTokens = 0
  /// The section of the last piece.
  private(set) var lastSection: [String] = []
  /// What the sections of all pieces that are not headings begin with; of a chunk of headings alone, the last heading's section.
  private(set) var path: [String] = []
  private(set) var isHeadingOnly = false

  mutating func begin(overlap: [Piece]) {
    self.overlap = overlap
    tokens = overlap.reduce(0) { $0 + $1.tokens }
    weight = overlap.reduce(0) { $0 + $1.weight }
  }

  /// The chunk's heading path if a piece of `section` comes to it.
  func path(adding section: [String], isHeading: Bool) -> [String] {
    if pieces.isEmpty || isHeadingOnly { return section }
    // A heading at the end of a chunk names what follows it, so the path has to fit both.
    return section == path ? path : commonPrefix(path, section)
  }

  mutating func add(_ piece: Piece, section: [String], isHeading: Bool) {
    path = path(adding: section, isHeading: isHeading)
    isHeadingOnly = isHeading && (pieces.isEmpty || isHeadingOnly)
    lastSection = section
    pieces.append(piece)
    tokens += piece.tokens
    weight += piece.weight
  }
}
