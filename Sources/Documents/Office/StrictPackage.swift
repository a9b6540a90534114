/// Office documents of the strict form ("Strict Open XML" in Word, ISO 29500-1): the same elements in other namespaces, which pandoc does not know.
enum StrictPackage {
  private static let strict = "http://purl.oclc.org/ooxml/"
  private static let transitional = Array("http://schemas.openxmlformats.org/".utf8)

  /// The package in the namespaces of the common form (ISO 29500-4); `nil` if it has none of the strict ones.
  static func inCommonForm(_ data: [UInt8], path: String, limits: ReadingLimits) throws(DocumentError) -> [UInt8]? {
    try ArchiveEntries(path: path, limits: limits).rewritten(data, leavesDamagedOut: true) { name, content in
      [".xml", ".rels"].contains(where: name.hasSuffix) ? renamed(content) : nil
    }
  }

  /// `…/ooxml/drawingml/main` becomes `…/drawingml/2006/main`.
  private static func renamed(_ xml: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var rest = xml[...]
    while let start = rest.firstRange(of: strict), let slash = rest[start.upperBound...].firstIndex(of: UInt8(ascii: "/")) {
      result += rest[..<start.lowerBound] + transitional + rest[start.upperBound...slash] + Array("2006/".utf8)
      rest = rest[(slash + 1)...]
    }
    return result.isEmpty ? nil : result + rest
  }
}
