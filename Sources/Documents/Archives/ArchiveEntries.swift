/// A file inside an archive.
struct ArchiveEntry {
  /// As the archive spells it, with `/`.
  var name: String
  var data: [UInt8]
}

/// The files of an archive of any form that libarchive reads (zip, tar, 7z, rar, cpio, ISO …; compressed or not), in its order.
///
/// `bsdtar` reads the archive as a limited child and writes it again in cpio's "newc" form to its output, so that nothing is unpacked
/// on disk, no name can lead out of a folder, and a bomb ends at the limit for a text.
struct ArchiveEntries {
  let path: String
  let limits: ReadingLimits

  /// - Parameter names: Patterns of the entries that are wanted; all when there are none.
  func read(_ data: [UInt8], only names: [String] = []) throws(DocumentError) -> [ArchiveEntry] {
    let selection = names.flatMap { ["--include", $0] }
    let output = try ConverterProgram.bsdtar.convert(data, of: path, ["-cf", "-", "--format=newc"] + selection + ["@-"], limits: limits)
    guard output.exitCode == 0 else {
      if output.complaint.lowercased().contains("passphrase") || output.complaint.lowercased().contains("encrypt") { throw .encrypted(path) }
      throw .malformed(path, "archive", ConverterProgram.bsdtar.complaint(output))
    }
    return try entries(output.bytes)
  }

  /// cpio's "new ASCII" form (cpio(5)): a header of 110 bytes of hexadecimal fields, the name and the data, both padded to four bytes.
  private func entries(_ bytes: [UInt8]) throws(DocumentError) -> [ArchiveEntry] {
    var entries: [ArchiveEntry] = []
    var position = 0
    while position + 110 <= bytes.count, bytes[position..<position + 6].elementsEqual("070701".utf8) {
      func field(_ number: Int) -> Int {
        let start = position + 6 + 8 * number
        return Int(UInt32(String(decoding: bytes[start..<start + 8], as: UTF8.self), radix: 16) ?? .max)
      }
      let (mode, size, nameSize) = (field(1), field(6), field(11))
      let nameStart = position + 110
      guard nameSize > 0, nameSize <= bytes.count - nameStart else { throw .malformed(path, "archive", "a name in it is cut off") }
      let name = String(decoding: bytes[nameStart..<nameStart + nameSize - 1], as: UTF8.self)
      if name == "TRAILER!!!" { return entries }
      let start = Self.padded(nameStart + nameSize)
      guard start <= bytes.count, size <= bytes.count - start else { throw .malformed(path, "archive", "\(name) in it is cut off") }
      // S_IFMT, S_IFREG
      if mode & 0o170000 == 0o100000 {
        guard entries.count < limits.archiveEntryCount else {
          throw .tooLarge(path, "it holds more than \(limits.archiveEntryCount) files")
        }
        entries.append(ArchiveEntry(name: name, data: Array(bytes[start..<start + size])))
      }
      position = Self.padded(start + size)
    }
    throw .malformed(path, "archive", "it is cut off")
  }

  private static func padded(_ position: Int) -> Int { (position + 3) & ~3 }
}
