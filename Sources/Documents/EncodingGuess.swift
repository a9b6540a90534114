import CUchardet

/// Which encoding of another script a text is in that does not say so, told by how often its characters follow each other (libuchardet).
///
/// Only for scripts whose letters are all beyond ASCII: among languages of Latin letters, where they are few, the library is often wrong.
enum EncodingGuess {
  /// Bytes that are looked at; a text says by then what it is.
  private static let sampleByteCount = 1 << 18

  /// Those of Cyrillic, Greek, Hebrew, Arabic, Thai, Chinese, Japanese and Korean, as the library calls them.
  private static let names: Set<String> = [
    "WINDOWS-1251", "KOI8-R", "IBM866", "IBM855", "ISO-8859-5", "MAC-CYRILLIC", "ISO-8859-7", "WINDOWS-1253", "WINDOWS-1255", "ISO-8859-8",
    "WINDOWS-1256", "ISO-8859-6", "TIS-620", "ISO-8859-11", "SHIFT_JIS", "EUC-JP", "UHC", "EUC-KR", "JOHAB", "GB18030", "BIG5", "EUC-TW",
  ]
  /// What iconv calls some of them, or what grew out of them.
  private static let successors = ["KOI8-R": "KOI8-U", "UHC": "CP949"]

  /// - Returns: `nil` for text of Latin letters, and where it cannot be told.
  static func foreign(_ data: [UInt8]) -> ForeignEncoding? {
    guard let first = data.firstIndex(where: { $0 >= 0x80 }) else { return nil }
    let sample = data[first...].prefix(sampleByteCount)
    guard isOfAnotherScript(sample), let detector = uchardet_new() else { return nil }
    defer { uchardet_delete(detector) }
    let result = sample.withUnsafeBytes { bytes in
      uchardet_handle_data(detector, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    uchardet_data_end(detector)
    guard result == 0, let name = uchardet_get_charset(detector).map({ String(cString: $0) }), names.contains(name) else { return nil }
    return ForeignEncoding(named: successors[name] ?? name)
  }

  /// Whether most bytes beyond ASCII stand in a row of three or more, as they hardly ever do in languages of Latin letters. A row of one byte is a line that
  /// somebody drew.
  private static func isOfAnotherScript(_ bytes: ArraySlice<UInt8>) -> Bool {
    var (inRows, others, length) = (0, 0, 0)
    var (before, isDrawn) = (UInt8(0), true)
    func end() { if length < 3 { others += length } else if !isDrawn { inRows += length } }
    for byte in bytes {
      if byte >= 0x80 {
        isDrawn = length == 0 || isDrawn && byte == before
        length += 1
      } else {
        end()
        length = 0
      }
      before = byte
    }
    end()
    return inRows > others
  }
}
