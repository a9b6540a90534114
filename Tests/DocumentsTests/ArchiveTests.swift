import Documents
import Foundation
import Testing

/// Archives that are damaged, locked, or written in a form of their own.
@Suite struct ArchiveTests {
  /// Three notes in an archive that Info-ZIP 3.0 wrote, the second one with a password (`zip -0 -P`).
  private static let partlyLocked =
    "UEsDBAoAAAAAAA69fV2cChIUHgAAAB4AAAAFAAAAYS50eHR0aGUgZmlyc3Qgbm90ZSBpcyBhYm91dCBhcHBsZXNQSwMECgAJAAAADr19Xbz2sTMqAAAAHgAA"
    + "AAUAAABiLnR4dCUIsn7liQXiaE75AA2BaB/pYmSUhzYxQEY3KuNMHo7FQg6rooJ81QmnfFBLBwi89rEzKgAAAB4AAABQSwMECgAAAAAADr19XXAXvHkdAAAA"
    + "HQAAAAUAAABjLnR4dHRoZSB0aGlyZCBub3RlIGlzIGFib3V0IHBlYXJzUEsBAh4DCgAAAAAADr19XZwKEhQeAAAAHgAAAAUAAAAAAAAAAAAAAKSBAAAAAGEu"
    + "dHh0UEsBAh4DCgAJAAAADr19Xbz2sTMqAAAAHgAAAAUAAAAAAAAAAAAAAKSBQQAAAGIudHh0UEsBAh4DCgAAAAAADr19XXAXvHkdAAAAHQAAAAUAAAAAAAAA"
    + "AAAAAKSBngAAAGMudHh0UEsFBgAAAAADAAMAmQAAAN4AAAAAAA=="

  /// What is damaged or locked in an archive costs nothing else in it, and is not taken for a text.
  @Test func anArchiveIsReadAroundWhatCannotBe() throws {
    let bytes = [UInt8](try #require(Data(base64Encoded: Self.partlyLocked)))
    let locked = try Fixtures.read(bytes, as: "notes.zip")
    #expect(locked.text.contains("apples") && locked.text.contains("pears"))
    #expect(locked.omissions.map(\.name) == ["b.txt"] && locked.omissions.allSatisfy(\.isFailure))
    #expect(locked.omissions.first?.reason == "it opens only with a password")
    // A letter of the third note is another now, which its checksum tells.
    var damaged = bytes
    damaged[try #require(bytes.firstRange(of: Array("pears".utf8))).lowerBound] = UInt8(ascii: "b")
    let rest = try Fixtures.read(damaged, as: "notes.zip")
    #expect(rest.text.contains("apples") && !rest.text.contains("third"))
    #expect(rest.omissions.map(\.name) == ["b.txt", "c.txt"] && rest.omissions.allSatisfy(\.isFailure))
    #expect(rest.omissions.last?.reason.contains("CRC") == true)
    // Names that are printed in another way than they are: with a line's end, and in a code page of DOS.
    for name in ["c\n.tx", "\u{FF}"] {
      let other: [UInt8] = name == "\u{FF}" ? [0x9A, 0x2E, 0x74, 0x78, 0x74] : Array(name.utf8)
      var renamed = damaged
      while let place = renamed.firstRange(of: Array("c.txt".utf8)) { renamed.replaceSubrange(place, with: other) }
      let rest = try Fixtures.read(renamed, as: "notes.zip")
      #expect(rest.text.contains("apples") && !rest.text.contains("third") && rest.omissions.count == 2)
    }
    damaged[try #require(bytes.firstRange(of: Array("apples".utf8))).lowerBound] = UInt8(ascii: "b")
    #expect(throws: DocumentError.self) { try Fixtures.read(damaged, as: "notes.zip") }
  }

  /// Numbers, each in so many bytes.
  private static func little(_ values: (Int, Int)...) -> [UInt8] {
    values.flatMap { value, count in (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }

  /// The same with a name of some code page for the third note, and word that all names are UTF-8.
  private static func misnamed() throws -> [UInt8] {
    var bytes = [UInt8](try #require(Data(base64Encoded: Self.partlyLocked)))
    while let place = bytes.firstRange(of: Array("c.txt".utf8)) { bytes.replaceSubrange(place, with: [0xE9] + Array(".txt".utf8)) }
    for (signature, place) in [("PK\u{3}\u{4}", 7), ("PK\u{1}\u{2}", 9)] {
      for header in bytes.indices where bytes[header...].starts(with: signature.utf8) { bytes[header + place] |= 8 }
    }
    return bytes
  }

  /// A name of some code page, which the archive says is UTF-8, costs nothing.
  @Test func aNameThatIsNotWhatTheArchiveSays() throws {
    let bytes = try Self.misnamed()
    let document = try Fixtures.read(bytes, as: "notes.zip")
    #expect(document.text.contains("apples") && document.text.contains("pears") && document.omissions.map(\.name) == ["b.txt"], "\(document)")
  }

  /// A program for large archives writes the larger form of the list's end always: it is found all the same.
  @Test func theLargeFormOfAListIsRead() throws {
    let bytes = try Self.misnamed()
    let end = bytes.count - 22
    let (size, start) = (Int(bytes[end + 12]), Int(bytes[end + 16]))
    let large = Self.little((0x0606_4B50, 4), (44, 8), (45, 2), (45, 2), (0, 8), (3, 8), (3, 8), (size, 8), (start, 8))
    let locator = Self.little((0x0706_4B50, 4), (0, 4), (end, 8), (1, 4))
    let last = Self.little((0x0605_4B50, 4), (0, 4), (0xFFFF, 2), (0xFFFF, 2), (0xFFFF_FFFF, 4), (0xFFFF_FFFF, 4), (0, 2))
    let document = try Fixtures.read(bytes[..<end] + large + locator + last, as: "notes.zip")
    #expect(document.text.contains("apples") && document.text.contains("pears") && document.omissions.map(\.name) == ["b.txt"], "\(document)")
  }

  /// Written to something that cannot go back: how long an entry is stands behind it, and in the list at the end.
  @Test func aStreamedArchiveIsRead() throws {
    let (name, text, crc) = (Array("a.txt".utf8), Array("Plums are ripe.".utf8), 0xe807f8a7)
    let entry = Self.little((0x0403_4B50, 4), (20, 2), (8, 2), (0, 6), (0, 12), (name.count, 2), (0, 2)) + name + text
    let behind = Self.little((0x0807_4B50, 4), (crc, 4), (text.count, 4), (text.count, 4))
    let list =
      Self.little((0x0201_4B50, 4), (20, 2), (20, 2), (8, 2), (0, 6), (crc, 4), (text.count, 4), (text.count, 4), (name.count, 2), (0, 12), (0, 4))
      + name
    let end = Self.little((0x0605_4B50, 4), (0, 4), (1, 2), (1, 2), (list.count, 4), (entry.count + behind.count, 4), (0, 2))
    let document = try Fixtures.read(entry + behind + list + end, as: "notes.zip")
    #expect(document.blocks.map { "\($0.record?.name ?? "-") \(document.text(of: $0))" } == ["a.txt Plums are ripe."])
    #expect(document.omissions.isEmpty)
    // Without the list nobody knows where it ends; another entry says how long it is.
    let whole =
      Self.little((0x0403_4B50, 4), (10, 2), (0, 2), (0, 6), (crc, 4), (text.count, 4), (text.count, 4), (5, 2), (0, 2)) + Array("b.txt".utf8) + text
    var damaged = list
    damaged[0] = UInt8(ascii: "?")
    let partly = try Fixtures.read(whole + entry + behind + damaged + end, as: "notes.zip")
    #expect(partly.blocks.map { $0.record?.name } == ["b.txt"] && partly.omissions.map(\.name) == ["a.txt"], "\(partly)")
    let error = #expect(throws: DocumentError.self) { try Fixtures.read(entry + behind, as: "notes.zip") }
    #expect(error?.isUnsupportedFormat == false)
  }

  /// A small archive of a huge file, one of too many files, and archives in archives.
  /// What is called a compressed file, begins as one or is damaged.
  @Test func compressedFilesThatAreNone() throws {
    #expect(try Fixtures.read("BZh is how the note begins.", as: "note.log").text == "BZh is how the note begins.")
    #expect(try Fixtures.read("A note that nobody has packed.", as: "note.txt.gz").text == "A note that nobody has packed.")
    for bytes in [Data("BZh91AY&SYgarbage".utf8), Data([0x1F, 0x8B, 8, 0, 1, 2, 3])] {
      let error = #expect(throws: DocumentError.self) { try Fixtures.read(bytes, as: "a.bin") }
      #expect(error?.code == "document_malformed", "\(String(describing: error))")
    }
    var notice = try Data(contentsOf: Fixtures.repository.appending(path: "Corpora/formats/notice.txt.gz"))
    #expect(try !Fixtures.read(notice, as: "saved.bin").text.isEmpty)
    // Of the checksum at its end.
    notice[notice.count - 6] ^= 1
    let error = #expect(throws: DocumentError.self) { try Fixtures.read(notice, as: "notice.txt.gz") }
    #expect(error?.why?.contains("crc") == true, "\(String(describing: error))")
  }

  @Test func bombsEndAtTheLimits() throws {
    var limits = ReadingLimits()
    limits.convertedByteCount = 1 << 20
    limits.archiveEntryCount = 10
    limits.archiveDepth = 2
    try Fixtures.withTemporaryFolder { folder in
      func archive(_ script: String) throws -> DocumentError? {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = ["-c", "cd '\(folder)' && \(script)"]
        try shell.run()
        shell.waitUntilExit()
        do { _ = try DocumentReader(limits: limits).read(path: folder + "/out.zip") } catch { return error }
        return nil
      }
      #expect(try archive("echo plums > a.txt && bsdtar --format=7zip -cf out.zip a.txt") == nil)
      #expect(try archive("rm out.zip && bsdtar -a -cf a.zip a.txt && (echo before && cat a.zip) > out.zip") == nil)
      #expect(try archive("head -c 20000000 /dev/zero > big.txt && bsdtar -a -cf out.zip big.txt")?.code == "document_too_large")
      let many = try archive("mkdir -p many && for i in {1..20}; do echo word > many/$i.txt; done && bsdtar -a -cf out.zip many")
      #expect(many?.code == "document_too_large", "\(many.map { "\($0)" } ?? "read")")
      let nested = try archive(
        "echo word > a.txt && bsdtar -a -cf 1.zip a.txt && bsdtar -a -cf 2.zip 1.zip && bsdtar -a -cf 3.zip 2.zip && bsdtar -a -cf out.zip 3.zip")
      #expect(nested?.why?.contains("2 deep") == true)
      // None of these has more than five members itself.
      let fan = try archive(
        "for i in {1..5}; do echo word > w$i.txt; done && bsdtar -a -cf a.zip w*.txt && for i in {1..5}; do cp a.zip a$i.zip; done && bsdtar -a -cf out.zip a?.zip"
      )
      #expect(fan?.why?.contains("those in archives in it counted") == true, "\(fan.map { "\($0)" } ?? "read")")
    }
  }
}
