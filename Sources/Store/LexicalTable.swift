import GRDB

/// The words of one collection: an FTS5 table of its own, so that BM25 counts only its documents and a search never meets another's.
///
/// Its content is a view of `chunk` (FTS5 calls that external content): the text is stored once. What is deleted must be told to FTS5 with
/// exactly the text that was indexed, so chunks are never changed, only made and removed, and removed here first.
struct LexicalTable {
  let collection: CollectionID

  var name: String { "lexical_\(collection.rawValue)" }
  private var vocabulary: String { "lexical_vocabulary_\(collection.rawValue)" }
  private var view: String { "lexical_content_\(collection.rawValue)" }

  func create(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE VIEW \(view) (id, header, context, body) AS
          SELECT id, header, ifnull(context, ''), body FROM chunk WHERE collection_id = \(collection.rawValue);
        CREATE VIRTUAL TABLE \(name) USING fts5(
          header, context, body, content = '\(view)', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
        );
        """)
    try createVocabulary(db)
  }

  /// The index's own words with how many chunks hold them: nothing is stored for it.
  func createVocabulary(_ db: Database) throws {
    try db.execute(sql: "CREATE VIRTUAL TABLE \(vocabulary) USING fts5vocab('\(name)', 'row')")
  }

  /// How many chunks hold a stem.
  func chunkCount(of stem: String, _ db: Database) throws -> Int {
    try Int.fetchOne(db.cachedStatement(sql: "SELECT doc FROM \(vocabulary) WHERE term = ?"), arguments: [stem]) ?? 0
  }

  /// Stems that begin with some letters, and how many chunks hold each; at most `limit` of them.
  func stems(beginningWith prefix: String, limit: Int, _ db: Database) throws -> [(stem: String, chunkCount: Int)] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: "SELECT term, doc FROM \(vocabulary) WHERE term >= ?1 AND term < ?1 || char(0x10FFFF) LIMIT ?2"),
      arguments: [prefix, limit])
    var stems: [(String, Int)] = []
    while let row = try rows.next() { stems.append((row[0], row[1])) }
    return stems
  }

  func drop(_ db: Database) throws {
    try db.execute(sql: "DROP TABLE \(vocabulary); DROP TABLE \(name); DROP VIEW \(view);")
  }

  func add(id: Int64, header: String, context: String?, body: String, _ db: Database) throws {
    try db.cachedStatement(sql: "INSERT INTO \(name) (rowid, header, context, body) VALUES (?, ?, ?, ?)")
      .execute(arguments: [id, header, context ?? "", body])
  }

  /// Before the chunks themselves are deleted.
  func removeChunks(ofDocument document: Int64, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO \(name) (\(name), rowid, header, context, body)
          SELECT 'delete', id, header, ifnull(context, ''), body FROM chunk WHERE document_id = ?
        """, arguments: [document])
  }

  /// FTS5's own check of the index against its content: SQLite's `integrity_check` does not see that they differ.
  func checkIntegrity(_ db: Database) throws {
    try db.execute(sql: "INSERT INTO \(name) (\(name), rank) VALUES ('integrity-check', 1)")
  }

  /// A query that matches rows with any of the terms; `nil` when there are none.
  ///
  /// Terms are data: each becomes a string of FTS5's query language, in which only the quote has a meaning, and is doubled. A term of
  /// several words (`foo-bar`) matches them as a phrase.
  static func query(anyOf terms: [String]) -> String? {
    var seen = Set<String>()
    let strings = terms.compactMap { term -> String? in
      // SQLite's strings end at a zero.
      let term = term.replacing("\0", with: " ")
      guard term.unicodeScalars.contains(where: { !$0.properties.isWhitespace }), seen.insert(term).inserted else { return nil }
      return "\"" + term.replacing("\"", with: "\"\"") + "\""
    }
    return strings.isEmpty ? nil : strings.joined(separator: " OR ")
  }
}
