/// Archives in cpio's "new ASCII" form (cpio(5)), in which bsdtar gives and takes them: a header of 110 bytes of hexadecimal fields, the name and the data, both
/// padded to four bytes.
enum CPIO {
  private static let signature = "070701"
  private static let headerByteCount = 110
  private static let trailer = "TRAILER!!!"
  /// S_IFREG, and S_IFMT, by which a file's kind is told from its permissions.
  private static let (plainFile, kindMask) = (0o100000, 0o170000)

  /// The plain files in an archive.
  ///
  /// - Parameter path: Of the file that it was made of, for errors.
  static func entries(_ bytes: [UInt8], path: String, limits: ReadingLimits) throws(DocumentError) -> [ArchiveEntry] {
    var entries: [ArchiveEntry] = []
    var position = 0
    while position + headerByteCount <= bytes.count, bytes[position...].starts(with: signature.utf8) {
      func field(_ number: Int) -> Int {
        let start = position + signature.utf8.count + 8 * number
        return Int(UInt32(String(decoding: bytes[start..<start + 8], as: UTF8.self), radix: 16) ?? .max)
      }
      let (mode, size, nameSize) = (field(1), field(6), field(11))
      let nameStart = position + headerByteCount
      guard nameSize > 0, nameSize <= bytes.count - nameStart else { throw .malformed(path, "archive", "a name in it is cut off") }
      let name = Array(bytes[nameStart..<nameStart + nameSize - 1])
      if name.elementsEqual(trailer.utf8) { return entries }
      let start = padded(nameStart + nameSize)
      guard start <= bytes.count, size <= bytes.count - start else { throw .malformed(path, "archive", "\(label(name)) in it is cut off") }
      if mode & kindMask == plainFile {
        guard entries.count < limits.archiveEntryCount else {
          throw .tooLarge(path, "it holds more than \(limits.archiveEntryCount) files")
        }
        entries.append(ArchiveEntry(nameBytes: name, data: Array(bytes[start..<start + size])))
      }
      position = padded(start + size)
    }
    throw .malformed(path, "archive", "it is cut off")
  }

  /// An archive of plain files.
  static func archive(_ entries: [ArchiveEntry]) -> [UInt8] {
    var bytes: [UInt8] = []
    func pad() { bytes += [UInt8](repeating: 0, count: padded(bytes.count) - bytes.count) }
    for entry in entries + [ArchiveEntry(nameBytes: Array(trailer.utf8), data: [])] {
      // Beside the kind and the permissions, links, the data's length and the name's count.
      let fields = [0, plainFile | 0o644, 0, 0, 1, 0, entry.data.count, 0, 0, 0, 0, entry.nameBytes.count + 1, 0]
      bytes += signature.utf8
      for field in fields {
        let digits = String(field, radix: 16)
        bytes += (String(repeating: "0", count: 8 - digits.utf8.count) + digits).utf8
      }
      bytes += entry.nameBytes + [0]
      pad()
      bytes += entry.data
      pad()
    }
    return bytes
  }

  private static func padded(_ position: Int) -> Int { (position + 3) & ~3 }
}
