extension DocumentFormat {
  /// What a file's name says about its format; `nil` if it says nothing that Quarry reads.
  package init?(path: String) {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let fileExtension = name.contains(".") ? String(name[name.index(after: name.lastIndex(of: ".") ?? name.startIndex)...]) : ""
    switch fileExtension {
    case "md", "markdown", "mdown", "mkd", "mdx", "qmd", "rmd": self = .markdown
    case "html", "htm", "xhtml": self = .html
    case "txt", "text", "rst", "adoc", "asciidoc", "org", "tex", "log", "srt", "vtt", "eml", "me", "man", "xml", "conf", "cfg", "ini", "toml", "yaml",
      "yml", "properties", "env",
      "diff", "patch", "po":
      self = .plainText
    case "pdf": self = .pdf
    case "csv": self = .csv
    case "tsv", "tab": self = .tsv
    case "json", "geojson", "ipynb", "webmanifest": self = .json
    case "jsonl", "ndjson", "jsonlines": self = .jsonLines
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

  /// What the first bytes of a file without a telling name look like.
  init?(sniffing data: [UInt8]) {
    let head = data.prefix(1024)
    if head.starts(with: Array("%PDF-".utf8)) {
      self = .pdf
      return
    }
    let start = String(decoding: head.drop { $0.isWhiteSpace || $0 >= 0x80 }.prefix(20), as: UTF8.self).lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
      self = .html
    } else if start.hasPrefix("#!") {
      self = .sourceCode
    } else {
      return nil
    }
  }
}

/// Files that hold no text which a reader here could take out, by name and by first bytes.
enum ForeignFormat {
  private static let kinds: [(kind: String, extensions: Set<String>)] = [
    ("an image", ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "ico", "svg", "heic", "avif", "psd"]),
    ("sound", ["mp3", "wav", "flac", "ogg", "m4a", "aac", "opus"]),
    ("a film", ["mp4", "mkv", "mov", "avi", "webm", "mpg", "mpeg"]),
    ("an archive", ["zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar", "jar", "deb", "rpm", "iso", "dmg", "whl", "apk"]),
    ("a program", ["exe", "dll", "so", "dylib", "o", "a", "class", "pyc", "wasm", "bin"]),
    ("an office document", ["docx", "doc", "xlsx", "xls", "pptx", "ppt", "odt", "ods", "odp", "rtf", "pages", "numbers", "key", "msg"]),
    ("an e-book", ["epub", "mobi", "azw3"]),
    ("a font", ["ttf", "otf", "woff", "woff2"]),
    ("data of a program", ["db", "sqlite", "sqlite3", "parquet", "npy", "npz", "pkl", "gguf", "safetensors", "onnx", "pt", "faiss", "wal", "shm"]),
  ]

  private static let signatures: [(kind: String, bytes: [UInt8])] = [
    ("an image", [0x89, 0x50, 0x4E, 0x47]), ("an image", [0xFF, 0xD8, 0xFF]), ("an image", Array("GIF8".utf8)), ("an archive", [0x50, 0x4B, 3, 4]),
    ("an archive", [0x1F, 0x8B, 8]), ("an archive", [0xFD, 0x37, 0x7A, 0x58, 0x5A]), ("an archive", Array("BZh9".utf8)),
    ("an archive", [0x37, 0x7A, 0xBC, 0xAF]), ("a program", [0x7F, 0x45, 0x4C, 0x46]), ("a program", [0xCF, 0xFA, 0xED, 0xFE]),
    ("an office document", [0xD0, 0xCF, 0x11, 0xE0]), ("an office document", Array("{\\rtf".utf8)),
    ("data of a program", Array("SQLite format 3".utf8)),
    ("data of a program", Array("GGUF".utf8)),
  ]

  static func kind(ofPath path: String) -> String? {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let fileExtension = String(name[name.index(after: dot)...])
    return kinds.first { $0.extensions.contains(fileExtension) }?.kind
  }

  static func kind(of data: [UInt8]) -> String? {
    signatures.first { data.starts(with: $0.bytes) }?.kind
  }
}
