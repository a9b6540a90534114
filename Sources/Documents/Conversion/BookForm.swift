/// Books (EPUB) in a form of which pandoc (2.17) reads all text: it leaves out notes unless a reference in the same file leads to them, pages of
/// titles, what is called HTML and not XHTML, and what does not stand in the order of reading.
enum BookForm {
  /// - Returns: `nil` if there is nothing to change, or something in it is damaged.
  static func readable(_ data: [UInt8], path: String, limits: ReadingLimits) throws(DocumentError) -> [UInt8]? {
    try ArchiveEntries(path: path, limits: limits).rewritten(data) { name, content in
      let name = name.lowercased()
      if name.hasSuffix(".opf") { return package(content) }
      return ["html", ".htm", ".xml"].contains(where: name.hasSuffix) ? chapter(content) : nil
    }
  }

  /// Documents of EPUB 2 and older that its writer called something else (OPF 2.0.1, section 1.3.7) are XHTML; what is beside the order of reading
  /// (`linear="no"`, EPUB 3.3, section 5.7.2), or not in it, but for lists of contents, stands in it.
  private static func package(_ xml: [UInt8]) -> [UInt8]? {
    var ordered: Set<ArraySlice<UInt8>> = []
    var others: [(id: ArraySlice<UInt8>, isDocument: Bool)] = []
    XMLTags.forEach(in: xml) { tag in
      if tag.isNamed(local: "itemref"), let id = tag.attribute("idref", in: xml) { ordered.insert(xml[id.value]) }
      guard tag.isNamed(local: "item"), let id = tag.attribute("id", in: xml), let type = tag.value("media-type", in: xml) else { return }
      let isContents = tag.attribute("properties", in: xml).map { kinds(xml[$0.value]).contains("nav") } ?? false
      others.append((xml[id.value], !isContents && htmlTypes.contains(type.lowercased())))
    }
    let missing = others.filter { $0.isDocument && !ordered.contains($0.id) }.map(\.id)
    return XMLTags.replacing(in: xml) { tag in
      if tag.isNamed(local: "itemref"), let linear = tag.attribute("linear", in: xml) {
        return xml[tag.range.lowerBound..<linear.range.lowerBound] + Array(xml[linear.range.upperBound..<tag.range.upperBound])
      }
      if tag.isEnd, tag.isNamed(local: "spine"), !missing.isEmpty {
        let prefix = tag.name.firstIndex(of: UInt8(ascii: ":")).map { tag.name[...$0] } ?? []
        var items: [UInt8] = []
        for id in missing {
          items += "<".utf8
          items += prefix
          items += "itemref idref=\"".utf8
          items += id
          items += "\"/>".utf8
        }
        return items + xml[tag.range]
      }
      guard tag.isNamed(local: "item"), let type = tag.attribute("media-type", in: xml),
        ["text/html", "text/x-oeb1-document", "application/xml", "text/xml"].contains(String(decoding: xml[type.value], as: UTF8.self).lowercased())
      else { return nil }
      return xml[tag.range.lowerBound..<type.value.lowerBound] + Array("application/xhtml+xml".utf8)
        + xml[type.value.upperBound..<tag.range.upperBound]
    }
  }

  private static let htmlTypes: Set<String> = ["application/xhtml+xml", "text/html", "text/x-oeb1-document"]

  /// Notes that a reference in the file leads to stay as they are. Others are text where they stand, and their references are numbers above the line;
  /// a page of titles is a page (EPUB Structural Semantics 1.1).
  private static func chapter(_ xml: [UInt8]) -> [UInt8]? {
    var noted: Set<ArraySlice<UInt8>> = []
    var notes: Set<ArraySlice<UInt8>> = []
    XMLTags.forEach(in: xml) { tag in
      guard !tag.isEnd, let type = tag.attribute("epub:type", in: xml) else { return }
      let kinds = kinds(xml[type.value])
      if kinds.contains("noteref"), let target = target(of: tag, in: xml) { noted.insert(target) }
      if !kinds.isDisjoint(with: noteKinds), let id = tag.attribute("id", in: xml) { notes.insert(xml[id.value]) }
    }
    /// Whether the link that has begun is in superscript since.
    var isRaised = false
    return XMLTags.replacing(in: xml) { tag in
      if isRaised, tag.isEnd, tag.isNamed("a") {
        isRaised = false
        return Array("</a></sup>".utf8)
      }
      guard !tag.isEnd else { return nil }
      let target = tag.isNamed("a") && !tag.isClosed ? target(of: tag, in: xml) : nil
      guard let type = tag.attribute("epub:type", in: xml) else {
        guard let target, notes.contains(target) else { return nil }
        isRaised = true
        return Array("<sup>".utf8) + xml[tag.range]
      }
      let kinds = kinds(xml[type.value])
      let plain = Array(xml[tag.range.lowerBound..<type.range.lowerBound] + xml[type.range.upperBound..<tag.range.upperBound])
      if kinds.contains("noteref"), tag.isNamed("a"), !tag.isClosed {
        if let target, notes.contains(target) { return nil }
        isRaised = true
        return Array("<sup>".utf8) + plain
      }
      if !kinds.isDisjoint(with: noteKinds) {
        if let id = tag.attribute("id", in: xml), noted.contains(xml[id.value]) { return nil }
        return plain
      }
      return kinds.contains("titlepage") ? plain : nil
    }
  }

  private static let noteKinds: Set<String> = ["footnote", "rearnote"]

  private static func kinds(_ value: ArraySlice<UInt8>) -> Set<String> {
    Set(value.split(whereSeparator: \.isWhiteSpace).map { String(decoding: $0, as: UTF8.self).lowercased() })
  }

  /// The id that a link to another place in the same file names.
  private static func target(of tag: XMLTags.Tag, in xml: [UInt8]) -> ArraySlice<UInt8>? {
    guard let link = tag.attribute("href", in: xml), xml[link.value].first == UInt8(ascii: "#") else { return nil }
    return xml[link.value].dropFirst()
  }
}
