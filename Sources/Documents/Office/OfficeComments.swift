/// Comments beside the text of an Office Open XML document: of DOCX (ECMA-376 part 1, section 17.13.4), XLSX (18.7, and Microsoft's threaded ones, MS-XLSX
/// 2.6.205) and PPTX (19.4).
enum OfficeComments {
  /// Each as a paragraph that says who made it, or to which cell, where that is known; a part that cannot be read costs itself. Of those on a cell only the
  /// first part that has some counts.
  static func read(
    _ parts: [String], of package: OfficePackage, omissions: inout [ExtractedDocument.Omission]
  ) throws(DocumentError) -> [String] {
    var comments: [String] = []
    var known: Set<String> = []
    for part in parts {
      let found = try package.sound(part, omissions: &omissions) { () throws(DocumentError) in try read(part, of: package) } ?? []
      comments += found.filter { $0.cell.map { !known.contains($0) } ?? true }.map(\.text)
      known.formUnion(found.compactMap(\.cell))
    }
    return comments
  }

  private static func read(_ part: String, of package: OfficePackage) throws(DocumentError) -> [(cell: String?, text: String)] {
    var found: [(cell: String?, text: String)] = []
    var origin = ""
    var cell: String?
    var text: String?
    var elements = OpenElements()
    try package.parse(part) { event, _ in
      elements.take(event)
      switch event {
      case .start("comment", let attributes), .start("threadedComment", let attributes), .start("cm", let attributes):
        origin = attributes["w:author"].map { " by \($0)" } ?? attributes["ref"].map { " on \($0)" } ?? ""
        cell = attributes["ref"]
        text = ""
      case .end("comment"), .end("threadedComment"), .end("cm"):
        let words = label((text ?? "").utf8, limit: nil)
        if !words.isEmpty { found.append((cell, "Comment\(origin): \(words)")) }
        text = nil
      case .text(let piece): if ["t", "text"].contains(elements.names.last) { text?.append(piece) }
      case .end("p"), .start("br", _), .start("tab", _): text?.append(" ")
      default: break
      }
    }
    return found
  }
}
