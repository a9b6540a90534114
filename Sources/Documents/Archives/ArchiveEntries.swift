import Foundation

/// A file inside an archive.
struct ArchiveEntry {
  /// As the archive spells it, with `/`; not always UTF-8.
  var nameBytes: [UInt8]
  var data: [UInt8]

  var name: String { String(decoding: nameBytes, as: UTF8.self) }
}

/// The files of an archive of any form that libarchive reads (zip, tar, 7z, rar, cpio, ISO …; compressed or not), in its order.
///
/// `bsdtar` reads the archive as a limited child and writes it again in cpio's "newc" form to its output, so that nothing is unpacked
/// on disk, no name can lead out of a folder, and a bomb ends at the limit for a text.
///
/// When it writes an archive again it says nothing about an entry that is damaged, and gives up at one that is encrypted. When it unpacks one it names both,
/// and goes on: so each archive is run through twice.
///
/// A zip archive is read by the list of contents at its end: one that was written as a stream (by macOS, LibreOffice, exports of web services) says only there
/// how long its entries are, without which cpio's form cannot be written. Where the list is damaged, entries are read one after the other.
struct ArchiveEntries {
  let path: String
  let limits: ReadingLimits

  /// An entry that cannot be read.
  struct Fault {
    var nameBytes: [UInt8]
    var reason: String
    var isEncryption: Bool

    var name: String { String(decoding: nameBytes, as: UTF8.self) }
  }

  private static let attemptCount = 5
  /// What `bsdtar` complains of behind an entry's name.
  private static let withoutLength = ": Size required"
  private static let ownName = "bsdtar: "

  /// A zip archive of some entries.
  func zipped(_ entries: [ArchiveEntry]) throws(DocumentError) -> [UInt8] {
    let output = try ConverterProgram.bsdtar.convert(CPIO.archive(entries), of: path, ["-cf", "-", "--format=zip", "@-"], limits: limits)
    guard output.exitCode == 0 else { throw .malformed(path, "archive", ConverterProgram.bsdtar.complaint(output)) }
    return output.bytes
  }

  /// The same archive with other entries in the place of some, as a zip.
  ///
  /// - Parameters:
  ///   - leavesDamagedOut: Whether entries that cannot be read are left out; else nothing is changed, as they would be missing and nobody would say so.
  ///   - change: What an entry of a name and content becomes; `nil` where it stays.
  /// - Returns: `nil` if nothing was changed.
  func rewritten(
    _ data: [UInt8], leavesDamagedOut: Bool = false, _ change: (_ name: String, _ content: [UInt8]) -> [UInt8]?
  ) throws(DocumentError) -> [UInt8]? {
    var (entries, faults) = try readSound(data)
    guard leavesDamagedOut || faults.isEmpty else { return nil }
    var isChanged = false
    for index in entries.indices {
      guard let changed = change(entries[index].name, entries[index].data) else { continue }
      entries[index].data = changed
      isChanged = true
    }
    return isChanged ? try zipped(entries) : nil
  }

  /// Entries that are whole, and what is wrong with the others.
  ///
  /// - Parameter names: Patterns of the entries that are wanted; all when there are none.
  /// - Throws: Also where no entry can be read, and where it is not known which one is at fault.
  func readSound(_ data: [UInt8], only names: [String] = []) throws(DocumentError) -> (entries: [ArchiveEntry], faults: [Fault]) {
    let isListedZip = ZipDirectory.end(of: data) != nil
    let data = isListedZip ? ZipDirectory.withoutFalseNames(data) : data
    do {
      let listed = try readSound(data, only: names, seeks: Self.is7z(data) || isListedZip)
      // What is not in the list may be found without it; where that fails, the list's own answer or error stands.
      guard isListedZip, !ZipDirectory.isWhole(data), let streamed = try? readSound(data, only: names, seeks: false),
        streamed.entries.count > listed.entries.count
      else { return listed }
      return streamed
    } catch {
      guard isListedZip, error.isMalformed, let streamed = try? readSound(data, only: names, seeks: false) else {
        throw error
      }
      return streamed
    }
  }

  private func readSound(_ data: [UInt8], only names: [String], seeks: Bool) throws(DocumentError) -> (entries: [ArchiveEntry], faults: [Fault]) {
    let selection = names.flatMap { ["--include", $0] }
    func written(leavingOut excluded: [String]) throws(DocumentError) -> Converter.Output {
      // Anchored at both ends, and no sign in a name is one of a pattern.
      let exclusion = excluded.flatMap { ["--exclude", "^" + $0.map { "\\*?[]^$".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "$"] }
      let arguments = ["-cf", "-", "--format=newc"] + selection + exclusion + ["@-"]
      return try ConverterProgram.bsdtar.convert(data, of: path, arguments, limits: limits, seeks: seeks)
    }
    var output = try written(leavingOut: [])
    var faults = try self.faults(data, selection, seeks: seeks)
    // A passphrase of chance opens one of some hundred entries of the old kind of encryption, which is then not named: another one does not.
    for _ in 0..<Self.attemptCount where output.exitCode != 0 && !faults.isEmpty {
      output = try written(leavingOut: faults.map(\.name))
      guard output.exitCode != 0, Self.isOfEncryption(output.complaint) else { break }
      let known = Set(faults.map(\.nameBytes))
      faults += try self.faults(data, selection, seeks: seeks).filter { !known.contains($0.nameBytes) }
    }
    guard output.exitCode == 0 else { throw !faults.isEmpty && faults.allSatisfy(\.isEncryption) ? .encrypted(path) : failure(output) }
    let all = try CPIO.entries(output.bytes, path: path, limits: limits)
    let lengthless = output.complaint.split(separator: "\n").filter { $0.hasSuffix(Self.withoutLength) }
    if !lengthless.isEmpty { try requireWholeComplaint(output) }
    faults += lengthless.map { line in
      let name = line.dropFirst(line.hasPrefix(Self.ownName) ? Self.ownName.count : 0).dropLast(Self.withoutLength.count)
      return Fault(nameBytes: Self.unescaped(name), reason: "the archive does not say how long it is", isEncryption: false)
    }
    let broken = Set(faults.map(\.nameBytes))
    let sound = all.filter { !broken.contains($0.nameBytes) }
    if sound.isEmpty, !faults.isEmpty, faults.allSatisfy(\.isEncryption) { throw .encrypted(path) }
    return (sound, faults)
  }

  /// What `bsdtar` says of entries when it unpacks them: `name: reason: Unknown error -1`.
  private func faults(_ data: [UInt8], _ selection: [String], seeks: Bool) throws(DocumentError) -> [Fault] {
    // Without a passphrase of some kind it would ask for one.
    let passphrase = UUID().uuidString
    let arguments = ["-xPOf", "-", "--passphrase", passphrase] + selection
    let output = try ConverterProgram.bsdtar.convert(data, of: path, arguments, limits: limits, seeks: seeks, keepsOutput: false)
    guard output.exitCode != 0 else { return [] }
    let list = try ConverterProgram.bsdtar.convert(data, of: path, ["-tf", "-"], limits: limits, seeks: seeks)
    guard list.exitCode == 0 else { throw failure(list) }
    try requireWholeComplaint(output)
    let names = Set(String(decoding: list.bytes, as: UTF8.self).split(separator: "\n").map { String($0) })
    var faults: [Fault] = []
    for line in output.complaint.split(separator: "\n") where !line.allSatisfy(\.isWhitespace) {
      // The second one is of a pattern, which need not fit anything.
      if line == "bsdtar: Error exit delayed from previous errors." || line.hasSuffix(": Not found in archive") { continue }
      let borders = line.ranges(of: ": ")
      guard let border = borders.last(where: { names.contains(String(line[..<$0.lowerBound])) }) else {
        throw .malformed(path, "archive", "bsdtar says: " + label(line.utf8))
      }
      let reason = String(line[border.upperBound...].replacing(": Unknown error -1", with: ""))
      let isEncryption = Self.isOfEncryption(reason)
      faults.append(
        Fault(
          nameBytes: Self.unescaped(line[..<border.lowerBound]),
          reason: isEncryption ? "it opens only with a password" : "bsdtar says: " + label(reason.utf8), isEncryption: isEncryption))
    }
    return faults
  }

  /// Of a long complaint only the beginning is kept: then nobody knows which entries are sound.
  private func requireWholeComplaint(_ output: Converter.Output) throws(DocumentError) {
    guard output.complaint.utf8.count >= Converter.complaintByteCount else { return }
    if Self.isOfEncryption(output.complaint) { throw .encrypted(path) }
    throw .malformed(path, "archive", "too many files in it are damaged to be told apart")
  }

  private static func is7z(_ data: [UInt8]) -> Bool { data.starts(with: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) }

  /// A name as bsdtar prints it: `\n` and the like, `\\`, and `\351` for a byte that is no character.
  private static func unescaped(_ name: Substring) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Array(name.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        result.append(byte)
        continue
      }
      let digits = ([next] + rest.prefix(2)).prefix { (0x30...0x37).contains($0) }
      if digits.count == 3, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
        result.append(value)
        rest.removeFirst(2)
      } else {
        let signs: [UInt8: UInt8] = [0x61: 7, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9, 0x76: 11]
        result.append(signs[next] ?? next)
      }
    }
    return result
  }

  /// Why nothing of it can be read.
  private func failure(_ output: Converter.Output) -> DocumentError {
    Self.isOfEncryption(output.complaint) ? .encrypted(path) : .malformed(path, "archive", ConverterProgram.bsdtar.complaint(output))
  }

  private static func isOfEncryption(_ complaint: String) -> Bool {
    ["passphrase", "encrypt", "crypto"].contains { complaint.lowercased().contains($0) }
  }
}
