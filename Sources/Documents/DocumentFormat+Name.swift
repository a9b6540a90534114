extension DocumentFormat {
  /// The format of a file: what its first bytes say where they leave no doubt, else what its name says, else what its first bytes look like.
  ///
  /// - Returns: `nil` if neither says anything: it may be text.
  static func detect(_ data: [UInt8], path: String) -> DocumentFormat? {
    DocumentFormat(signatureOf: data, path: path) ?? DocumentFormat(path: path) ?? DocumentFormat(sniffing: data)
  }

  /// What a file's name says about its format; `nil` if it says nothing that Quarry reads.
  package init?(path: String) {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let fileExtension = name.contains(".") ? String(name[name.index(after: name.lastIndex(of: ".") ?? name.startIndex)...]) : ""
    switch fileExtension {
    case "md", "markdown", "mdown", "mkd", "mdx", "qmd", "rmd": self = .markdown
    case "html", "htm", "xhtml": self = .html
    case "txt", "text", "adoc", "asciidoc", "log", "me", "conf", "cfg", "ini", "toml", "yaml", "yml", "properties", "env", "diff", "patch", "po":
      self = .plainText
    case "rst", "rest": self = .restructuredText
    case "org": self = .org
    case "tex", "latex", "ltx": self = .latex
    case "man", "roff": self = .man
    case "pdf": self = .pdf
    case "csv": self = .csv
    case "tsv", "tab": self = .tsv
    case "json", "geojson", "webmanifest": self = .json
    case "jsonl", "ndjson", "jsonlines": self = .jsonLines
    case "ipynb": self = .notebook
    case "xml", "rss", "atom", "opml", "xsd", "xsl", "xslt", "wsdl", "svg": self = .xml
    case "docx", "docm", "dotx": self = .docx
    case "odt", "ott": self = .odt
    case "rtf": self = .rtf
    case "pptx", "pptm", "potx", "ppsx": self = .pptx
    case "odp", "otp": self = .odp
    case "xlsx", "xlsm", "xltx": self = .xlsx
    case "ods", "ots": self = .ods
    case "epub": self = .epub
    case "srt", "vtt": self = .subtitles
    case "eml", "emlx", "mht", "mhtml": self = .email
    case "mbox", "mbx": self = .mailbox
    case "zip", "tar", "tgz", "tbz", "tbz2", "txz", "7z", "rar", "jar", "cpio", "iso", "cab": self = .archive
    case "gz", "bz2", "xz", "zst", "lz4", "z":
      let inner = name.dropLast(fileExtension.count + 1)
      self = inner.hasSuffix(".tar") ? .archive : .compressed
    case "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pnm", "pbm", "pgm", "ppm": self = .image
    case "1", "2", "3", "4", "5", "6", "7", "8":
      // A page of the manual: `ls.1`. Without its marks it is read as the text that it is.
      self = .man
    default:
      if CodeLanguage(fileExtension: fileExtension) != nil || CodeLanguage(fileName: name) != nil {
        self = .sourceCode
      } else if ["readme", "license", "licence", "copying", "changelog", "changes", "news", "authors", "contributing", "notice", "todo", "install"]
        .contains(name)
      {
        self = .plainText
      } else {
        return nil
      }
    }
  }

  /// What the first bytes of a file leave no doubt about, whatever it is called.
  fileprivate init?(signatureOf data: [UInt8], path: String) {
    let named = DocumentFormat(path: path)
    let pdf = "%PDF-"
    // Viewers accept it within the first 1024 bytes (PDF Reference 1.7, appendix H, note 13), whatever stands before it.
    if data.starts(with: pdf.utf8) || named == .pdf && data.prefix(1024).firstRange(of: pdf) != nil {
      self = .pdf
    } else if data.starts(with: Array("{\\rtf".utf8)) {
      self = .rtf
    } else if data.starts(with: [0x50, 0x4B, 3, 4]) {
      self = Self.format(ofZip: data) ?? named.flatMap { Self.zipped.contains($0) ? $0 : nil } ?? .archive
    } else if data.starts(with: [0x1F, 0x8B]) || Self.isBzip2(data) || data.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A])
      || data.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
    {
      self = named == .archive ? .archive : .compressed
    } else if data.starts(with: [0x37, 0x7A, 0xBC, 0xAF]) || data.starts(with: Array("Rar!".utf8))
      || data.count > 262 && data[257..<262].elementsEqual("ustar".utf8)
    {
      self = .archive
    } else if data.starts(with: [0x89, 0x50, 0x4E, 0x47]) || data.starts(with: [0xFF, 0xD8, 0xFF]) || data.starts(with: Array("GIF8".utf8))
      || data.starts(with: Array("II*\0".utf8)) || data.starts(with: Array("MM\0*".utf8))
      || data.starts(with: Array("RIFF".utf8)) && data.dropFirst(8).starts(with: Array("WEBP".utf8))
    {
      self = .image
    } else {
      return nil
    }
  }

  /// `BZh`, a digit, and π or √π in decimal digits: of a block, or of the end.
  private static func isBzip2(_ data: [UInt8]) -> Bool {
    guard data.count >= 10, data.starts(with: Array("BZh".utf8)), data[3].isDigit else { return false }
    return [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]].contains { data[4..<10].elementsEqual($0) }
  }

  private static let zipped: Set<DocumentFormat> = [.docx, .odt, .pptx, .odp, .xlsx, .ods, .epub]

  /// Office documents and e-books are zip files that name what they are in an entry of their own.
  private static func format(ofZip data: [UInt8]) -> DocumentFormat? {
    // The first entry of OpenDocument and EPUB is "mimetype", stored as it is (OpenDocument 1.3 part 2, section 3.3).
    let head = data.prefix(200)
    let types: [(String, DocumentFormat)] = [
      ("application/epub+zip", .epub), ("application/vnd.oasis.opendocument.text", .odt), ("application/vnd.oasis.opendocument.spreadsheet", .ods),
      ("application/vnd.oasis.opendocument.presentation", .odp),
    ]
    if let type = types.first(where: { head.firstRange(of: $0.0) != nil }) { return type.1 }
    let names = ZipDirectory.names(in: data).map { $0.lowercased() }
    guard names.contains("[content_types].xml") else { return nil }
    // Some services call the first `document2.xml`.
    let parts: [(String, DocumentFormat)] = [("word/document", .docx), ("xl/workbook", .xlsx), ("ppt/presentation", .pptx)]
    return parts.first { part in names.contains { $0.hasPrefix(part.0) && $0.hasSuffix(".xml") } }?.1
  }

  /// What the first bytes of a file without a telling name look like.
  private init?(sniffing data: [UInt8]) {
    let head = data.prefix(4096)
    let start = String(decoding: head.drop { $0.isWhiteSpace || $0 >= 0x80 }.prefix(64), as: UTF8.self)
    let lower = start.lowercased()
    if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") {
      self = .html
    } else if lower.hasPrefix("<?xml") {
      self = .xml
    } else if lower.hasPrefix("#!") {
      self = .sourceCode
    } else if lower.hasPrefix("webvtt") {
      self = .subtitles
    } else if start.hasPrefix("From ") && head.firstRange(of: "\nFrom: ") != nil {
      self = .mailbox
    } else if ["Return-Path:", "Received:", "Delivered-To:", "MIME-Version:", "Message-ID:", "X-Mozilla-Status:"].contains(where: start.hasPrefix)
      || MailHeader.begins(data)
    {
      self = .email
    } else {
      return nil
    }
  }
}

/// Files that hold no text which a reader here could take out, by name and by first bytes.
enum ForeignFormat {
  /// Those of which many hold text, or RTF or HTML, which their names do not tell, are read if they do.
  private static let kinds: [(kind: String, mayBeText: Bool, extensions: Set<String>)] = [
    ("an image without text that could be read", false, ["ico", "heic", "avif", "psd"]),
    ("sound", false, ["mp3", "wav", "flac", "ogg", "m4a", "aac", "opus"]),
    ("a film", false, ["mp4", "mkv", "mov", "avi", "webm", "mpg", "mpeg"]),
    ("a package of programs", false, ["deb", "rpm", "dmg", "whl", "apk"]),
    ("a program", true, ["exe", "dll", "so", "dylib", "o", "a", "class", "pyc", "wasm", "bin"]),
    ("an office document of an older or closed form", true, ["doc", "xls", "ppt", "pages", "numbers", "key", "msg"]),
    ("an e-book of a closed form", false, ["mobi", "azw3"]),
    ("a font", false, ["ttf", "otf", "woff", "woff2"]),
    (
      "data of a program", true,
      ["db", "sqlite", "sqlite3", "parquet", "npy", "npz", "pkl", "gguf", "safetensors", "onnx", "pt", "faiss", "wal", "shm"]
    ),
  ]

  private static let signatures: [(kind: String, bytes: [UInt8])] = [
    ("a program", [0x7F, 0x45, 0x4C, 0x46]), ("a program", [0xCF, 0xFA, 0xED, 0xFE]),
    ("an office document of an older form", [0xD0, 0xCF, 0x11, 0xE0]),
    ("data of a program", Array("SQLite format 3".utf8)),
    ("data of a program", Array("GGUF".utf8)),
  ]

  /// Bytes that tell text from data.
  static let headByteCount = 1 << 16

  /// What a file is by its first bytes, or by its name where they are no text: much that is called `.doc` or `.xls` is RTF or HTML.
  static func kind(of head: [UInt8], path: String) -> String? {
    if let kind = signatures.first(where: { head.starts(with: $0.bytes) })?.kind { return kind }
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let fileExtension = String(name[name.index(after: dot)...])
    guard let named = kinds.first(where: { $0.extensions.contains(fileExtension) }) else { return nil }
    // A name that says nothing: what was downloaded, or saved from a message.
    if fileExtension == "bin", DocumentFormat(signatureOf: head, path: path) != nil { return nil }
    return named.mayBeText && TextDecoding.isText(head[...]) && !head.starts(with: Array("PK\u{3}\u{4}".utf8)) ? nil : named.kind
  }
}
