/// The parts of an Office Open XML or OpenDocument file, which is a zip archive of XML.
///
/// Parts are found by their names without regard to case (Open Packaging Conventions, ECMA-376 part 2, section 6.2.2.3).
struct OfficePackage {
  let path: String
  let limits: ReadingLimits
  /// By their names in lower case.
  private let parts: [String: [UInt8]]
  /// Parts that are damaged, and how: they cost what is read from them.
  private let faults: [String: String]

  /// - Parameter patterns: Names of the parts that are needed, in any case: pictures and fonts are not unpacked.
  init(_ data: [UInt8], path: String, limits: ReadingLimits, parts patterns: [String]) throws(DocumentError) {
    self.path = path
    self.limits = limits
    let (entries, faults) = try ArchiveEntries(path: path, limits: limits).readSound(data, only: patterns.map(Self.inAnyCase))
    if faults.contains(where: \.isEncryption) { throw .encrypted(path) }
    parts = Dictionary(entries.map { ($0.name.lowercased(), $0.data) }) { first, _ in first }
    self.faults = Dictionary(faults.map { ($0.name.lowercased(), $0.reason) }) { first, _ in first }
  }

  /// The parts that are there, damaged or not, in lower case.
  var names: [String] { Array(parts.keys) + faults.keys }

  /// Whether there is a part of that name, damaged or not.
  func has(_ name: String) -> Bool { parts[name.lowercased()] != nil || faults[name.lowercased()] != nil }

  /// - Throws: `document_malformed` if there is no sound part of that name.
  func require(_ name: String, _ format: String, _ reason: String) throws(DocumentError) {
    try requireSound(name)
    if parts[name.lowercased()] == nil { throw .malformed(path, format, reason) }
  }

  private func requireSound(_ name: String) throws(DocumentError) {
    if let fault = faults[name.lowercased()] { throw .malformed(path, "archive", "\(name) in it cannot be read: \(fault)") }
  }

  /// What is read of a part; where that is damaged, or nested too deep, it becomes an omission.
  ///
  /// - Parameter isMain: Whether it holds so much that limits which it passes are those of the document: they are thrown.
  @discardableResult func sound<Content>(
    _ name: String, isMain: Bool = false, omissions: inout [ExtractedDocument.Omission], _ read: () throws(DocumentError) -> Content
  ) throws(DocumentError) -> Content? {
    do { return try read() } catch {
      guard error.isMalformed || !isMain else { throw error }
      omissions.append(.init(name: name, reason: error.why ?? error.message, isFailure: true))
      return nil
    }
  }

  /// Runs through a part; does nothing if there is none of that name.
  func parse(_ name: String, _ handler: @escaping (XMLEvents.Event, _ line: Int) -> Void) throws(DocumentError) {
    try requireSound(name)
    guard let data = parts[name.lowercased()] else { return }
    try XMLEvents.parse(data, path: path, what: "XML (\(name))", limits: limits) { event, line in
      handler(event, line)
      return true
    }
  }

  /// The names of the parts that a part refers to, in lower case, by the references' identifiers (Open Packaging Conventions, part 9.3).
  func relationships(of name: String) throws(DocumentError) -> [String: String] {
    let folder = name.lastIndex(of: "/").map { String(name[..<$0]) } ?? ""
    let file = name.lastIndex(of: "/").map { String(name[name.index(after: $0)...]) } ?? name
    var result: [String: String] = [:]
    try parse("\(folder.isEmpty ? "" : folder + "/")_rels/\(file).rels") { event, _ in
      guard case .start("Relationship", let attributes) = event, let id = attributes["Id"], let target = attributes["Target"] else { return }
      result[id] = Self.resolve(target, in: folder).lowercased()
    }
    return result
  }

  /// The title in the document's properties.
  func title(omissions: inout [ExtractedDocument.Omission]) throws(DocumentError) -> String? {
    var title = ""
    var isInside = false
    for part in ["docProps/core.xml", "meta.xml"] {
      try sound(part, omissions: &omissions) { () throws(DocumentError) in
        try parse(part) { event, _ in
          switch event {
          case .start("title", _): isInside = true
          case .end("title"): isInside = false
          case .text(let text): if isInside { title += text }
          default: break
          }
        }
      }
    }
    let shown = label(title.utf8)
    return shown.isEmpty || shown == "PowerPoint Presentation" ? nil : shown
  }

  /// A pattern that fits the same names, however they are capitalised.
  private static func inAnyCase(_ pattern: String) -> String {
    pattern.map { $0.isASCII && $0.isLetter ? "[\($0.lowercased())\($0.uppercased())]" : "\($0)" }.joined()
  }

  private static func resolve(_ target: String, in folder: String) -> String {
    if target.hasPrefix("/") { return String(target.dropFirst()) }
    var components = folder.split(separator: "/").map(String.init)
    for component in target.split(separator: "/") {
      if component == ".." { _ = components.popLast() } else if component != "." { components.append(String(component)) }
    }
    return components.joined(separator: "/")
  }
}
