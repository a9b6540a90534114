/// Formats that pandoc reads: it turns them into HTML, whose headings, lists and tables the reader of HTML knows.
struct PandocReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat

  /// Pandoc's name of a format; `nil` for what it does not read.
  static func name(of format: DocumentFormat) -> String? {
    switch format {
    case .docx, .odt, .rtf, .epub, .org, .latex, .man: return format.rawValue
    case .notebook: return "ipynb+footnotes"
    case .restructuredText: return "rst"
    default: return nil
    }
  }

  /// - Parameter source: The file's own text where it is a text format: passages are then cited with its lines.
  func read(_ data: [UInt8], source: SourceText? = nil) throws(DocumentError) -> ExtractedDocument {
    guard let name = Self.name(of: format) else { preconditionFailure("\(format) is not one of pandoc's") }
    // The sandbox keeps it from reading other files (LaTeX's \input, reStructuredText's include).
    let arguments = ["--sandbox", "--quiet", "--standalone", "--wrap=none", "--no-highlight", "--from", name, "--to", "html5"]
    // What cannot be taken apart is left to pandoc as it is.
    let readable: [UInt8]? =
      switch format {
      case .docx, .odt: try? WordForm.readable(data, path: path, format: format, limits: limits)
      case .epub: try? BookForm.readable(data, path: path, limits: limits)
      case .notebook: NotebookForm.readable(data)
      case .rtf: RichTextForm.readable(data)
      case .latex: LaTeXForm.readable(data)
      case .restructuredText: RestructuredTextForm.readable(data)
      default: nil
      }
    var output = try ConverterProgram.pandoc.convert(readable ?? data, of: path, arguments, limits: limits)
    if output.exitCode != 0, readable != nil { output = try ConverterProgram.pandoc.convert(data, of: path, arguments, limits: limits) }
    // Where no other form of it can be made, pandoc's own complaint stands.
    if output.exitCode != 0, format == .docx, let common = try? StrictPackage.inCommonForm(data, path: path, limits: limits) {
      let readable = try? WordForm.readable(common, path: path, format: format, limits: limits)
      output = try ConverterProgram.pandoc.convert(readable ?? common, of: path, arguments, limits: limits)
    }
    guard output.exitCode == 0 else {
      let failure = DocumentError.malformed(path, format.rawValue, ConverterProgram.pandoc.complaint(output))
      guard format == .odt else { throw failure }
      // Pandoc reads no text whose styles it does not understand.
      do { return try OpenDocumentReader(path: path, limits: limits, format: format).read(data) } catch {
        throw error.isEmpty || error.isEncrypted ? error : failure
      }
    }
    let page = Self.withTitleInBody(format == .rtf ? RichTextForm.withLargeCharacters(output.bytes) : output.bytes)
    let remainder = [.docx, .odt].contains(format) ? WordRemainder(data, path: path, format: format, limits: limits) : nil
    var document: ExtractedDocument
    do {
      document = try HTMLReader(path: path, limits: limits, isConverted: true).read(
        SourceText(utf8: Array(String(decoding: page, as: UTF8.self).utf8)))
    } catch {
      guard error.isEmpty, let remainder, !(remainder.isEmpty && remainder.omissions.isEmpty) else { throw error }
      document = ExtractedDocument(format: format, title: nil, text: "", blocks: [])
    }
    document.format = format
    // What pandoc puts there for a document without a title.
    if document.title == "-" { document.title = document.blocks.first { $0.headingPath.isEmpty && $0.isHeading }.map { document.label(of: $0) } }
    // Lines and bytes are those of pandoc's page.
    for index in document.blocks.indices {
      document.blocks[index].source = SourceSpan()
      document.blocks[index].anchors = []
    }
    if let remainder { try remainder.add(to: &document, path: path, limits: limits) }
    if let source { SourceAlignment(source).align(&document) }
    return document
  }

  /// Pandoc puts title, authors and abstract into a `<header>`, which on a web page would be the site's banner.
  private static func withTitleInBody(_ page: [UInt8]) -> [UInt8] {
    let opening = "<header id=\"title-block-header\">"
    guard let start = page.firstRange(of: opening), let end = page[start.upperBound...].firstRange(of: "</header>") else { return page }
    return page[..<start.lowerBound] + Array("<div>".utf8) + page[start.upperBound..<end.lowerBound] + Array("</div>".utf8) + page[end.upperBound...]
  }
}

extension Block {
  var isHeading: Bool { if case .heading = kind { true } else { false } }
}

extension ExtractedDocument {
  /// A heading's text on one line.
  fileprivate func label(of block: Block) -> String {
    Documents.label(Array(text.utf8)[block.textRange])
  }
}
