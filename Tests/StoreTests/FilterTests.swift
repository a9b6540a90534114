import Foundation
import Store
import Testing

/// Documents chosen by path, format, language, time and metadata: both searches find exactly what passes.
@Suite struct FilterTests {
  private struct Document {
    var path: String
    var format: String
    var language: String?
    var modified: Int64
    var metadata: [String: [String]]
    var texts: [String]
    /// Other files with the same content.
    var copies: [(path: String, modified: Int64)] = []
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static func documents(_ count: Int, _ random: inout Random) -> [Document] {
    (0..<count).map { number in
      Document(
        path: "\(["a", "b/c", "b/d"].randomElement(using: &random)!)/\(number).\(["md", "txt"].randomElement(using: &random)!)",
        format: ["markdown", "text", "pdf"].randomElement(using: &random)!, language: ["en", "de", nil].randomElement(using: &random)!,
        modified: Int64.random(in: 0..<1000, using: &random) * 1_000_000_000,
        metadata: Dictionary(
          uniqueKeysWithValues: ["author", "tags"].shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)).map {
            ($0, (0..<Int.random(in: 1...2, using: &random)).map { _ in ["x", "y", "it's \"z\""].randomElement(using: &random)! })
          }),
        texts: (0..<Int.random(in: 1...3, using: &random)).map { "words of document \(number) part \($0)" },
        copies: (0..<max(0, Int.random(in: -2...2, using: &random))).map { copy in
          ("\(["a", "b/c", "b/[d]"].randomElement(using: &random)!)/\(number)-\(copy).md", Int64.random(in: 0..<1000, using: &random) * 1_000_000_000)
        })
    }
  }

  private static func filter(_ random: inout Random) -> DocumentFilter {
    var filter = DocumentFilter()
    func chance() -> Bool { Int.random(in: 0..<3, using: &random) == 0 }
    if chance() { filter.paths = [["a", "b", "b/c/", "*.md", "b/?/1*", "nothing", "[ab]/*", "b/[d]"].randomElement(using: &random)!] }
    if chance() { filter.paths.append("b/d/*.txt") }
    if chance() { filter.formats = ["markdown", "pdf"] }
    if chance() { filter.languages = ["de"] }
    if chance() { filter.modifiedFrom = Date(timeIntervalSince1970: 200) }
    if chance() { filter.modifiedBefore = Date(timeIntervalSince1970: 700) }
    if chance() { filter.metadata["author"] = ["x", "it's \"z\""] }
    if chance() { filter.metadata["tags"] = ["y"] }
    return filter
  }

  @Test(arguments: [("0001-01-01", true), ("1600-01-01", true), ("3000-01-01", false), ("9999-12-31", false)])
  func timesThatNoFileHasAreTaken(day: String, isPast: Bool) throws {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try store.put("a", ["words"], in: collection)
    var filter = DocumentFilter()
    filter.modifiedFrom = DocumentFilter.date(day)
    #expect(filter.modifiedFrom != nil)
    #expect(try store.chunks(passing: filter, in: collection)?.isEmpty == !isPast)
  }

  @Test func daysThatNoCalendarHasAreNone() {
    for text in ["2026-02-30", "2026-13-01", "2026-1-1", "yesterday", "", "2026-02-30T12:00:00Z"] {
      #expect(DocumentFilter.date(text) == nil, "\(text)")
    }
    #expect(DocumentFilter.date("2024-02-29") != nil && DocumentFilter.date("2026-01-31T23:30:00+02:00") != nil)
  }

  private static func passes(_ document: Document, _ filter: DocumentFilter) -> Bool {
    func fits(_ pattern: String, _ path: String) -> Bool {
      if !pattern.contains(where: { "*?[".contains($0) }) {
        let name = pattern.hasSuffix("/") ? String(pattern.dropLast()) : pattern
        return path == name || path.hasPrefix(name + "/")
      }
      return fnmatch(pattern, path, 0) == 0 || path.hasPrefix(pattern + "/")
    }
    let hasFile = ([(document.path, document.modified)] + document.copies).contains { path, modified in
      let seconds = Double(modified) / 1e9
      return (filter.paths.isEmpty || filter.paths.contains { fits($0, path) })
        && (filter.modifiedFrom.map { seconds >= $0.timeIntervalSince1970 } ?? true)
        && (filter.modifiedBefore.map { seconds < $0.timeIntervalSince1970 } ?? true)
    }
    return hasFile && (filter.formats.isEmpty || filter.formats.contains(document.format))
      && (filter.languages.isEmpty || filter.languages.contains(document.language ?? ""))
      && filter.metadata.allSatisfy { key, values in document.metadata[key]?.contains(where: values.contains) ?? false }
  }

  @Test func bothSearchesFindExactlyWhatPasses() throws {
    var random = Random(state: 1)
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let collection = try store.createCollection(named: "default", embedder: embedder).id
    var documents = Self.documents(60, &random)
    for document in documents {
      var version = version(document.path)
      (version.format, version.language, version.modificationTime, version.metadata) = (
        document.format, document.language, document.modified, document.metadata
      )
      try store.replace(version, with: document.texts.enumerated().map { embedded($1, ordinal: $0) }, in: collection)
      for copy in document.copies {
        (version.path, version.modificationTime) = copy
        try store.apply([FileChange(version, .sameAs(root: version.root, path: document.path))], in: collection)
      }
    }
    var (empty, some) = (0, 0)
    for round in 0..<200 {
      // Files get other times; what was found before is not what passes now.
      if round % 5 == 4 {
        let place = documents.indices.randomElement(using: &random)!
        let time = Int64.random(in: 0..<1000, using: &random) * 1_000_000_000
        let copy = documents[place].copies.indices.randomElement(using: &random)
        var version = version(copy.map { documents[place].copies[$0].path } ?? documents[place].path)
        version.modificationTime = time
        if let copy { documents[place].copies[copy].modified = time } else { documents[place].modified = time }
        try store.apply([FileChange(version, Bool.random(using: &random) ? .unchanged : .failed(code: nil))], in: collection)
      }
      let filter = Self.filter(&random)
      let wanted = Set(documents.filter { Self.passes($0, filter) }.flatMap(\.texts))
      let allowed = try store.chunks(passing: filter, in: collection)
      #expect((allowed == nil) == filter.isEmpty)
      if let allowed { #expect(allowed.count == wanted.count && allowed.isEmpty == wanted.isEmpty, "\(filter)") }
      if wanted.isEmpty { empty += 1 } else if wanted.count < 60 { some += 1 }
      let dense = try store.denseSearch(vector(seed: UInt64(round)), limit: 1000, in: collection, among: allowed)
      #expect(Set(try store.texts(dense)) == wanted, "\(filter)")
      let lexical = try store.lexicalSearch(anyOf: ["words"], limit: 1000, in: collection, among: allowed)
      #expect(Set(try store.texts(lexical)) == wanted, "\(filter)")
      // The best few are the best few of all that pass.
      let all = try store.denseSearch(vector(seed: UInt64(round)), limit: 1000, in: collection)
      let best = try store.denseSearch(vector(seed: UInt64(round)), limit: 5, in: collection, among: allowed)
      #expect(best == Array(all.filter { allowed?.contains($0.chunkID) ?? true }.prefix(5)))
    }
    #expect(empty > 0 && some > 50)
  }

  /// Texts that JSON writes in another way than they are, and ones that look like its own.
  @Test func metadataOfAnyCharactersAreFound() throws {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let collection = try store.createCollection(named: "default", embedder: embedder).id
    let texts = ["", "\\", "\"", "\\\"", "a/b", "\u{1}\t\n", "\\u0041", "A", "été", "e\u{301}", "🙂", "],\"k\":[\"", "{}", "\u{2028}", "a\u{0}b"]
    for (number, text) in texts.enumerated() {
      var version = version("\(number).md", sha256: "\(number)")
      version.metadata = [text: ["other", text], "same": ["\(number)", "x"], "none": []]
      try store.replace(version, with: [embedded("text \(number)", ordinal: 0)], in: collection)
    }
    func found(_ metadata: [String: Set<String>]) throws -> Int? {
      var filter = DocumentFilter()
      filter.metadata = metadata
      return try store.chunks(passing: filter, in: collection)?.count
    }
    for (number, text) in texts.enumerated() {
      #expect(try found([text: [text]]) == 1, "\(text.debugDescription)")
      #expect(try found([text: ["other"], "same": ["\(number)"]]) == 1, "\(text.debugDescription)")
      #expect(try found([text: [text + "x", "no"]]) == 0 && found([text + "x": [text]]) == 0, "\(text.debugDescription)")
    }
    #expect(try found(["same": ["x"]]) == texts.count && found(["same": ["1", "2"]]) == 2)
    #expect(try found(["none": ["x"]]) == 0 && found(["same": ["x"], "none": ["x"]]) == 0)
  }

  /// In metadata an é is an é, however it is written; a path is its bytes. What was found for the one is not given for the other.
  @Test func lettersThatAreWrittenInTwoWays() throws {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let collection = try store.createCollection(named: "default", embedder: embedder).id
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
    for name in [composed, decomposed] {
      var version = version("\(name).md", sha256: "\(Array(name.utf8))")
      version.metadata = [name: [name]]
      try store.replace(version, with: [embedded("text \(name.unicodeScalars.count)", ordinal: 0)], in: collection)
    }
    for name in [composed, decomposed] {
      var filter = DocumentFilter()
      filter.metadata = [name: [name]]
      #expect(try store.chunks(passing: filter, in: collection)?.count == 2)
      var other = DocumentFilter()
      other.paths = ["\(name).md"]
      let found = try #require(try store.chunks(passing: other, in: collection))
      let best = try store.denseSearch(vector(seed: 1), limit: 9, in: collection, among: found)
      #expect(try store.texts(best) == ["text \(name.unicodeScalars.count)"])
    }
  }

  @Test func aChangeOfTheCollectionChangesWhatPasses() throws {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let collection = try store.createCollection(named: "default", embedder: embedder).id
    var filter = DocumentFilter()
    filter.paths = ["a"]
    #expect(try store.chunks(passing: filter, in: collection)?.count == 0)
    try store.put("a/1.md", ["one", "two"], in: collection)
    #expect(try store.chunks(passing: filter, in: collection)?.count == 2)
    try store.put("a/1.md", ["one"], in: collection)
    #expect(try store.chunks(passing: filter, in: collection)?.count == 1)
    try store.remove(paths: [("/docs", "a/1.md")], from: collection)
    #expect(try store.chunks(passing: filter, in: collection)?.isEmpty == true)
    #expect(throws: StoreError.self) { try store.chunks(passing: filter, in: CollectionID(rawValue: 99)) }
  }

  /// What a filter by time found is kept, and given again only as long as no file has another time.
  @Test(arguments: [false, true]) func anotherTimeChangesWhatPasses(fails: Bool) throws {
    let outcome = fails ? FileChange.Outcome.failed(code: nil) : .unchanged
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let reader = try Store.open(directory: folder.path, access: .reading)
    let collection = try store.createCollection(named: "default", embedder: embedder).id
    try store.put("a.md", ["one", "two"], in: collection)
    try store.put("b.md", ["three"], in: collection)
    var filter = DocumentFilter()
    filter.modifiedFrom = Date(timeIntervalSince1970: 500)
    for store in [store, reader] { #expect(try store.chunks(passing: filter, in: collection)?.isEmpty == true) }
    var touched = version("a.md")
    try store.apply([FileChange(touched, outcome)], in: collection)
    let sequence = try store.sequence()
    touched.modificationTime = 600 * 1_000_000_000
    try store.apply([FileChange(touched, outcome)], in: collection)
    #expect(try store.sequence() == sequence + 1)
    for store in [store, reader] { #expect(try store.chunks(passing: filter, in: collection)?.count == 2) }
    try store.apply([FileChange(touched, outcome)], in: collection)
    #expect(try store.sequence() == sequence + 1, "the same time changes nothing")
    #expect(try store.audit().isEmpty)
  }

  /// As many as a request may have, and names that look like patterns.
  @Test func manyPathsAndNamesLikePatternsAreFound() throws {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let collection = try store.createCollection(named: "default", embedder: embedder).id
    for path in ["a/1.md", "c[1].md", "what?.md", "app/[id]/page.md", "app/i/page.md"] {
      try store.put(path, ["text of \(path)"], in: collection, sha256: path)
    }
    func count(_ paths: [String]) throws -> Int? {
      var filter = DocumentFilter()
      filter.paths = paths
      return try store.chunks(passing: filter, in: collection)?.count
    }
    #expect(try count((0..<1000).map { "none-\($0)" } + ["a"]) == 1)
    #expect(try count((0..<DocumentFilter.patternCountLimit - 1).map { "*none-\($0)" } + ["a/?.md"]) == 1)
    #expect(try count(["app/[id]"]) == 1 && count(["app/[id]/"]) == 1 && count(["app/[id]/*"]) == 1 && count(["app"]) == 2)
    #expect(try count(["c[1].md"]) == 1 && count(["what?.md"]) == 1 && count(["c*"]) == 1)
    #expect(try count([String(repeating: "x", count: DocumentFilter.patternByteLimit)]) == 0)
  }

  /// Patterns and values are data: quotes and SQL in them mean nothing.
  @Test(arguments: ["'", "\"; DROP TABLE chunk; --", "%", "\0", "[", "[]", "[^", "*?[", String(repeating: "*a", count: 500)])
  func hostileConditionsFindNothing(text: String) throws {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    let collection = try store.createCollection(named: "default", embedder: embedder).id
    try store.put("a/1.md", ["one"], in: collection)
    for key in [\DocumentFilter.paths, \.formats, \.languages] {
      var filter = DocumentFilter()
      filter[keyPath: key] = [text]
      #expect(try store.chunks(passing: filter, in: collection)?.isEmpty == true)
    }
    var filter = DocumentFilter()
    filter.metadata[text] = [text]
    #expect(try store.chunks(passing: filter, in: collection)?.isEmpty == true)
    #expect(try store.denseSearch(vector(seed: 1), limit: 5, in: collection).count == 1)
  }
}
