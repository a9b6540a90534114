import Foundation
import FoundationXML

/// Runs through XML from strangers, element by element, with libxml2's parser: without entities of the file's own, and without fetching anything.
final class XMLEvents: NSObject, XMLParserDelegate {
  enum Event {
    /// The name without its prefix; attributes by their names as they stand.
    case start(String, [String: String])
    case end(String)
    case text(String)
  }

  private let handler: (Event, _ line: Int) -> Bool
  private let depthLimit: Int
  private var depth = 0
  private var isTooDeep = false
  private var isStopped = false

  private init(depthLimit: Int, handler: @escaping (Event, Int) -> Bool) {
    self.depthLimit = depthLimit
    self.handler = handler
  }

  /// - Parameters:
  ///   - what: What the XML is, for errors.
  ///   - handler: Gets every event and the line that it ends on, counted from 1; returns false to stop.
  static func parse(
    _ data: [UInt8], path: String, what: String, limits: ReadingLimits, handler: @escaping (Event, _ line: Int) -> Bool
  ) throws(DocumentError) {
    guard let data = inUTF8(data).map(wholeCharacters) else { throw .malformed(path, what, "it is not in the encoding that it begins with") }
    guard data.firstRange(of: "<!ENTITY") == nil else {
      throw .malformed(path, what, "it defines entities of its own, which could grow without end")
    }
    let events = XMLEvents(depthLimit: limits.nestingDepth, handler: handler)
    // Piece by piece: libxml2 refuses to look at ten megabytes at once.
    let parser = XMLParser(stream: InputStream(data: Data(withoutBareInstructions(data))))
    parser.shouldResolveExternalEntities = false
    parser.delegate = events
    guard parser.parse() || events.isStopped else {
      if events.isTooDeep { throw .tooLarge(path, "its elements are nested more than \(limits.nestingDepth) deep") }
      throw .malformed(path, what, line: max(1, parser.lineNumber), parser.parserError.map { Self.reason($0) } ?? "the parser gave up")
    }
    // A stop makes the parser say that all is well, and so does the end of the data.
    if events.isTooDeep { throw .tooLarge(path, "its elements are nested more than \(limits.nestingDepth) deep") }
    guard events.depth == 0 || events.isStopped else { throw .malformed(path, what, line: max(1, parser.lineNumber), reasonForEnd) }
  }

  /// XML in units of two or four bytes, as its first ones tell (XML 1.0, appendix F), in UTF-8 and without the declaration that says otherwise.
  ///
  /// - Returns: `nil` where it is not in the encoding that it begins with.
  private static func inUTF8(_ data: [UInt8]) -> [UInt8]? {
    let forms: [(start: [UInt8], encoding: String.Encoding)] = [
      ([0xFF, 0xFE, 0, 0], .utf32LittleEndian), ([0, 0, 0xFE, 0xFF], .utf32BigEndian), ([0x3C, 0, 0, 0], .utf32LittleEndian),
      ([0, 0, 0, 0x3C], .utf32BigEndian), ([0xFF, 0xFE], .utf16LittleEndian), ([0xFE, 0xFF], .utf16BigEndian), ([0x3C, 0], .utf16LittleEndian),
      ([0, 0x3C], .utf16BigEndian),
    ]
    guard let form = forms.first(where: { data.starts(with: $0.start) }) else { return data }
    guard let text = String(bytes: data, encoding: form.encoding) else { return nil }
    let xml = text.drop { $0 == "\u{FEFF}" }
    guard xml.hasPrefix("<?xml"), let end = xml.firstRange(of: "?>") else { return Array(xml.utf8) }
    return Array(xml[end.upperBound...].utf8)
  }

  /// Bytes that are no UTF-8 become the characters that they are in Latin-1, unless another encoding is declared: Foundation's parser crashes at names with
  /// such bytes.
  private static func wholeCharacters(_ data: [UInt8]) -> [UInt8] {
    if TextDecoding.isValidUTF8(data) { return data }
    if let name = HTMLCharset.declared(in: data, isXML: true)?.lowercased(), name != "utf-8", name != "utf8" { return data }
    var result: [UInt8] = []
    result.reserveCapacity(data.count + 64)
    var parser = Unicode.UTF8.ForwardParser()
    var bytes = data.makeIterator()
    var place = 0
    while true {
      switch parser.parseScalar(from: &bytes) {
      case .valid(let scalar):
        result += scalar
        place += scalar.count
      case .error(let length):
        for byte in data[place..<min(place + length, data.count)] { result += String(Unicode.Scalar(byte)).utf8 }
        place += length
      case .emptyInput: return result
      }
    }
  }

  /// Processing instructions that say nothing but their name (`<?else?>`) become spaces: Foundation's parser crashes at them (XML 1.0, section 2.6).
  private static func withoutBareInstructions(_ data: [UInt8]) -> [UInt8] {
    var result = data
    var rest = data[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
      rest = data[start...]
      // Where comments and sections of characters hold the like, it is text.
      let forms: [(opening: String, closing: String)] = [("<?", "?>"), ("<!--", "-->"), ("<![CDATA[", "]]>")]
      guard let form = forms.first(where: { rest.starts(with: $0.opening.utf8) }) else {
        rest = rest.dropFirst()
        continue
      }
      guard let end = rest.dropFirst(form.opening.utf8.count).firstRange(of: form.closing)?.upperBound else { break }
      if form.opening == "<?", !data[start..<end].contains(where: \.isWhiteSpace) {
        result.replaceSubrange(start..<end, with: repeatElement(UInt8(ascii: " "), count: end - start))
      }
      rest = data[end...]
    }
    return result
  }

  private static let reasonForEnd = "it ends too early"

  /// libxml2's number for the commonest faults, in words.
  private static func reason(_ error: any Error) -> String {
    switch (error as NSError).code {
    case 4, 5: reasonForEnd
    case 76: "an element is closed that is not open"
    case 26, 27, 28: "it uses an entity that is not defined"
    case 73, 74, 77: "a tag in it does not end"
    case 38...42, 65, 68, 75: "a tag in it is not written as XML's are"
    case 45, 47, 61, 63: "a comment or something like it does not end"
    case 31, 32, 79, 81: "it names an encoding that is not known, or not the one that it is in"
    case 9: "it holds a character that XML does not allow"
    default: "libxml2 error \((error as NSError).code)"
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    depth += 1
    if depth > depthLimit {
      isTooDeep = true
      parser.abortParsing()
      return
    }
    pass(.start(Self.local(name), attributes), parser)
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    depth -= 1
    pass(.end(Self.local(name)), parser)
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { pass(.text(string), parser) }

  func parser(_ parser: XMLParser, foundCDATA block: Data) { pass(.text(String(decoding: block, as: UTF8.self)), parser) }

  private func pass(_ event: Event, _ parser: XMLParser) {
    guard !isStopped, !handler(event, parser.lineNumber) else { return }
    isStopped = true
    parser.abortParsing()
  }

  private static func local(_ name: String) -> String {
    name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
  }
}
