/// JSON: every element of a list is a record; of an object, plain members together, and each other member under its name.
struct JSONReader {
  let path: String
  let limits: ReadingLimits

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    var scanner = JSONScanner(bytes: source.bytes, depthLimit: limits.nestingDepth)
    var walk = JSONWalk(path: path, limits: limits, source: source)
    do {
      try walk.value(&scanner, headingPath: [], depth: 0)
      scanner.skipWhiteSpace()
      if scanner.position < source.bytes.count {
        // Values one below the other are JSON Lines under another name.
        guard source.line(at: scanner.position) > source.line(at: max(0, scanner.position - 1)) else {
          throw scanner.fault("more text after the value")
        }
        return try JSONLinesReader(path: path, limits: limits).read(source)
      }
    } catch let fault as JSONFault {
      if fault.isLimit { throw .tooLarge(path, fault.reason) }
      throw .malformed(path, "JSON", line: source.line(at: fault.offset), fault.reason)
    } catch let error as DocumentError {
      throw error
    } catch {
      preconditionFailure("no other error is thrown here: \(error)")
    }
    return try walk.builder.document(.json, title: walk.title, whyEmpty: "it holds no values")
  }
}

/// Makes blocks of the outer two levels of a JSON value, with the names of its containers as headings; what lies deeper becomes lines of their text.
struct JSONWalk {
  let source: SourceText
  var builder: BlockBuilder
  /// The string under `title` or `name` of the outermost object.
  private(set) var title: String?
  private let byteLimit: Int

  init(path: String, limits: ReadingLimits, source: SourceText) {
    self.source = source
    builder = BlockBuilder(path: path, limits: limits)
    byteLimit = limits.textByteCount
  }

  /// Levels of containers that become headings.
  private static let headingDepth = 2

  mutating func value(_ scanner: inout JSONScanner, headingPath: [String], depth: Int) throws(JSONFault) {
    scanner.skipWhiteSpace()
    let start = scanner.position
    switch try scanner.kind() {
    case .object where depth < Self.headingDepth: try object(&scanner, headingPath: headingPath, depth: depth)
    case .array where depth < Self.headingDepth: try list(&scanner, headingPath: headingPath)
    default:
      var lines = JSONLines(byteLimit: byteLimit)
      try lines.flatten(&scanner, path: [])
      try add(lines, start..<scanner.position, headingPath: headingPath)
    }
  }

  /// The walk itself, leaving an empty one behind: closures cannot hold `self`, and two owners of its text would copy it at every step.
  private mutating func takeOut() -> JSONWalk {
    let walk = self
    builder = BlockBuilder(path: "", limits: ReadingLimits())
    return walk
  }

  private mutating func object(_ scanner: inout JSONScanner, headingPath: [String], depth: Int) throws(JSONFault) {
    let byteLimit = byteLimit
    var walk = takeOut()
    var lines = JSONLines(byteLimit: byteLimit)
    var range: Range<Int>?
    try scanner.members { (key, scanner) throws(JSONFault) in
      let kind = try scanner.kind()
      let start = scanner.position
      if kind == .object || kind == .array {
        if let open = range { try walk.add(lines, open, headingPath: headingPath) }
        lines = JSONLines(byteLimit: byteLimit)
        range = nil
        try walk.add(key, scanner.keyRange, headingPath: headingPath)
        try walk.value(&scanner, headingPath: headingPath + [label(key)], depth: depth + 1)
      } else if let value = try JSONLines.plain(&scanner) {
        if depth == 0, kind == .string, walk.title == nil, key.elementsEqual("title".utf8) || key.elementsEqual("name".utf8) {
          walk.title = label(value)
        }
        try lines.add(key, value, offset: scanner.position)
        range = (range?.lowerBound ?? start)..<scanner.position
      }
    }
    if let open = range { try walk.add(lines, open, headingPath: headingPath) }
    self = walk
  }

  /// A list of containers gives a block each; plain values are one line together.
  private mutating func list(_ scanner: inout JSONScanner, headingPath: [String]) throws(JSONFault) {
    let byteLimit = byteLimit
    var walk = takeOut()
    var plain = JSONLine(byteLimit: byteLimit)
    var range: Range<Int>?
    try scanner.elements { (scanner) throws(JSONFault) in
      let kind = try scanner.kind()
      let start = scanner.position
      if kind == .object || kind == .array {
        var lines = JSONLines(byteLimit: byteLimit)
        try lines.flatten(&scanner, path: [])
        try walk.add(lines, start..<scanner.position, headingPath: headingPath)
      } else if let value = try JSONLines.plain(&scanner) {
        try plain.add(value, offset: scanner.position)
        range = (range?.lowerBound ?? start)..<scanner.position
      }
    }
    if let range {
      var lines = JSONLines(byteLimit: byteLimit)
      try lines.add([], plain.text, offset: scanner.position)
      try walk.add(lines, range, headingPath: headingPath)
    }
    self = walk
  }

  /// The name of a member that is a container stands above what it holds.
  private mutating func add(_ key: [UInt8], _ range: Range<Int>, headingPath: [String]) throws(JSONFault) {
    let (shown, whole) = (label(key), label(key, limit: nil))
    try add(.heading(level: headingPath.count + 1), Array(shown.utf8)[...], range, headingPath: headingPath)
    if shown != whole { try add(.paragraph, Array(whole.utf8)[...], range, headingPath: headingPath) }
  }

  private mutating func add(_ lines: JSONLines, _ range: Range<Int>, headingPath: [String]) throws(JSONFault) {
    try add(.record, lines.text[...], range, headingPath: headingPath)
  }

  private mutating func add(_ kind: Block.Kind, _ text: ArraySlice<UInt8>, _ range: Range<Int>, headingPath: [String]) throws(JSONFault) {
    guard !text.isEmpty else { return }
    do {
      try builder.add(kind, text, source: source.span(range), headingPath: headingPath)
    } catch {
      // The builder fails at its limits only, and then the rest need not be read.
      throw JSONFault(offset: range.lowerBound, reason: error.why ?? error.message, isLimit: true)
    }
  }
}

/// JSON Lines: a record a line. Lines of a BEIR corpus (`_id`, `text`, `title`) are documents of their own.
struct JSONLinesReader {
  let path: String
  let limits: ReadingLimits

  /// Whether a file begins with a whole value on a line of its own, and goes on with another.
  static func isLikely(_ head: [UInt8]) -> Bool {
    let lines = head.split(maxSplits: 2, whereSeparator: \.isLineEnd)
    guard lines.count > 1, let next = lines[1].first(where: { !$0.isWhiteSpace }), next == UInt8(ascii: "{") || next == UInt8(ascii: "[") else {
      return false
    }
    var scanner = JSONScanner(bytes: head, range: lines[0].indices, depthLimit: ReadingLimits().nestingDepth)
    return (try? scanner.validate()) != nil
  }

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    var builder = BlockBuilder(path: path, limits: limits)
    for line in 1...source.lineCount {
      let range = source.trimmed(source.lineRange(line))
      guard !range.isEmpty else { continue }
      let record: JSONRecord
      do {
        record = try JSONRecord(bytes: source.bytes, range: range, depthLimit: limits.nestingDepth, byteLimit: limits.textByteCount)
      } catch {
        let line = source.fileLine(line)
        if error.isLimit { throw .tooLarge(path, error.reason + " (line \(line))") }
        throw .malformed(path, "JSON Lines", line: line, error.reason)
      }
      try builder.add(.record, record.text[...], source: source.span(range), record: record.identity)
    }
    return try builder.document(.jsonLines, title: nil, whyEmpty: "it holds no values")
  }
}

/// One line of a JSON Lines file.
private struct JSONRecord {
  var text: [UInt8] = []
  var identity: RecordIdentity?

  init(bytes: [UInt8], range: Range<Int>, depthLimit: Int, byteLimit: Int) throws(JSONFault) {
    var scanner = JSONScanner(bytes: bytes, range: range, depthLimit: depthLimit)
    var fields: [String: [UInt8]] = [:]
    var isObject = false
    if try scanner.kind() == .object {
      isObject = true
      try scanner.members { (key, scanner) throws(JSONFault) in
        let name = String(decoding: key, as: UTF8.self)
        if try scanner.kind() == .string, name == "_id" || name == "text" || name == "title" {
          fields[name] = try scanner.string()
        } else {
          try scanner.skipValue()
        }
      }
      scanner.skipWhiteSpace()
      guard scanner.position == range.upperBound else { throw scanner.fault("more text after the value") }
    }
    if isObject, let name = fields["_id"], let body = fields["text"] {
      let title = fields["title"].map { label($0, limit: nil) }.flatMap { $0.isEmpty ? nil : $0 }
      identity = RecordIdentity(name: label(name, limit: nil), title: title)
      // A document of nothing but a title is still found by it.
      text = body.allSatisfy(\.isWhiteSpace) ? Array((title ?? "").utf8) : body
      return
    }
    var again = JSONScanner(bytes: bytes, range: range, depthLimit: depthLimit)
    var lines = JSONLines(byteLimit: byteLimit)
    try lines.flatten(&again, path: [])
    again.skipWhiteSpace()
    guard again.position == range.upperBound else { throw again.fault("more text after the value") }
    text = lines.text
  }
}
