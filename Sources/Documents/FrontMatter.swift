/// `---` … `---` (YAML) or `+++` … `+++` (TOML) at the start of a file: keys with a value, or a list of values, of one line; in YAML also lists of
/// one value a line. What is nested deeper is left out.
struct FrontMatter {
  /// Lines that the front matter takes, its fences included; 0 if there is none.
  private(set) var lineCount = 0
  /// Values by key, as text.
  private(set) var metadata: [String: [String]] = [:]

  /// What it says about the document in sentences, whole.
  private(set) var texts: [String] = []

  var title: String? { metadata["title"]?.first }

  private static let lineLimit = 500
  /// Keys of values that are text.
  private static let textKeys: Set<String> = ["description", "abstract", "summary", "subtitle"]

  /// None.
  init() {}

  init(_ source: SourceText) {
    let fence = source.bytes[source.trimmed(source.lineRange(1))]
    let isYAML = fence.elementsEqual("---".utf8)
    guard isYAML || fence.elementsEqual("+++".utf8), source.lineCount > 1 else { return }
    // The key whose list or value the next lines may go on with.
    var open: String?
    var isList = false
    var isNested = false
    // Whether lines that are indented go on with the last text.
    var isText = false
    var hasEntries = false
    for line in 2...min(source.lineCount, Self.lineLimit) {
      let bytes = source.bytes[source.trimmed(source.lineRange(line))]
      if bytes.elementsEqual(fence) || (isYAML && bytes.elementsEqual("...".utf8)) {
        // The line after the fence has to be there to begin with.
        guard line < source.lineStarts.count else { break }
        // Between two rules that part sections no line has a key.
        if !hasEntries, !texts.isEmpty { break }
        lineCount = line
        return
      }
      let isIndented = source.bytes[source.lineRange(line)].first.map { $0 == 0x20 || $0 == 0x09 } ?? false
      if isYAML, isList, let key = open, bytes.starts(with: "- ".utf8) {
        if Self.textKeys.contains(key) { texts.append(Self.scalar(bytes.dropFirst(2), limit: nil)) }
        add(Self.scalar(bytes.dropFirst(2)), to: key)
      } else if isYAML, isIndented, isText, !texts.isEmpty {
        texts[texts.count - 1] += (texts[texts.count - 1].isEmpty ? "" : " ") + Self.scalar(bytes, limit: nil)
      } else if !isIndented, !isNested, let (key, rest) = Self.entry(bytes, separator: isYAML ? UInt8(ascii: ":") : UInt8(ascii: "=")) {
        let isBlock = isYAML && Self.isBlockSign(rest)
        hasEntries = true
        let whole = Self.scalar(rest, limit: nil)
        isText = Self.textKeys.contains(key) || whole.utf8.count > Self.valueLimit
        if isText { texts.append(isBlock ? "" : whole) }
        if !isBlock { for value in Self.values(rest) { add(value, to: key) } }
        open = key
        isList = rest.isEmpty
      } else if !bytes.isEmpty, bytes.first != UInt8(ascii: "#") {
        // Between two rules stands a paragraph.
        if isYAML, !isIndented, !Self.isLineOfYAML(bytes) { break }
        // What has no key in one word may be a sentence.
        isText = isYAML && !isIndented && !"-]}".utf8.contains(bytes[bytes.startIndex])
        if isText { texts.append(Self.scalar(bytes, limit: nil)) }
        open = nil
        // A table of TOML: what follows is nested.
        if !isYAML, bytes.first == UInt8(ascii: "[") { isNested = true }
      }
    }
    // No fence at the end: a thematic break, not front matter.
    self = FrontMatter()
  }

  /// What says that a value's text stands in the lines below (YAML 1.2.2, section 8.1.1).
  private static func isBlockSign(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, first == UInt8(ascii: "|") || first == UInt8(ascii: ">") else { return false }
    return text.count <= 3 && text.dropFirst().allSatisfy { "+-123456789".utf8.contains($0) }
  }

  /// Whether a line at the margin may stand there in YAML: an entry, one of a list, or what closes a list in brackets.
  private static func isLineOfYAML(_ line: ArraySlice<UInt8>) -> Bool {
    if line.elementsEqual("-".utf8) || line.starts(with: "- ".utf8) || line.first == UInt8(ascii: "]") || line.first == UInt8(ascii: "}") {
      return true
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
    return colon + 1 == line.endIndex || line[(colon + 1)...].contains { $0 == 0x20 || $0 == 0x09 }
  }

  private mutating func add(_ value: String, to key: String) {
    // The first of two equal keys counts, as a list has all its values in one place.
    if !value.isEmpty { metadata[key, default: []].append(value) }
  }

  private static func entry(_ line: ArraySlice<UInt8>, separator: UInt8) -> (key: String, rest: ArraySlice<UInt8>)? {
    guard let place = line.firstIndex(of: separator) else { return nil }
    let key = scalar(line[..<place])
    let isWord = key.utf8.allSatisfy {
      $0 >= 0x80 || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E || (0x30...0x39).contains($0) || ($0 | 0x20) &- 0x61 < 26
    }
    guard !key.isEmpty, key.utf8.count <= 64, isWord else { return nil }
    return (key, line[(place + 1)...].drop { $0 == 0x20 || $0 == 0x09 })
  }

  private static func values(_ text: ArraySlice<UInt8>) -> [String] {
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else { return [scalar(text)] }
    return text.dropFirst().dropLast().split(separator: UInt8(ascii: ",")).map { scalar($0) }
  }

  /// Bytes of a value; a longer one is text, too.
  private static let valueLimit = 240

  private static func scalar(_ text: ArraySlice<UInt8>, limit: Int? = valueLimit) -> String {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text = text.dropLast() }
    if let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), text.count > 1, text.last == quote {
      text = text.dropFirst().dropLast()
    }
    return label(text, limit: limit)
  }
}
