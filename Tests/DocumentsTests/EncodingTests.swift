import Documents
import Foundation
import Testing

@Suite struct EncodingTests {
  @Test func windows1252() throws {
    let document = try Fixtures.read("letter-latin1.txt")
    #expect(document.text == "Chère Agnès, le phare est près de la côte. Le café coûte 2 £.")
    #expect(document.blocks[0].source.byteRange == 0..<61)
  }

  @Test func utf16() throws {
    let document = try Fixtures.read("letter-utf16.txt")
    #expect(document.text == "Lieber Tam, das Öl wird knapp. Grüße aus Lübeck.\nZweite Zeile 🌊.")
    #expect(document.blocks[0].source == SourceSpan(byteRange: 2..<132, lines: 1...2))
  }

  @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian, .utf32BigEndian])
  func wideTextWithoutAMark(encoding: String.Encoding) throws {
    let text = "The lamp is lit at dusk.\n\nIt is put out at dawn, and nobody sees it."
    let document = try Fixtures.read(try #require(text.data(using: encoding)), as: "a.txt")
    #expect(document.text == text)
  }

  @Test func brokenPlacesOfUTF8AreRepaired() throws {
    let bytes = Array("Grüße aus Lübeck ".utf8) + [0xFF] + Array(" und mehr".utf8)
    let document = try Fixtures.read(bytes, as: "a.txt")
    #expect(document.text == "Grüße aus Lübeck \u{FFFD} und mehr")
    #expect(document.blocks[0].source.byteRange == 0..<bytes.count)
  }

  @Test func metaCharsetDecides() throws {
    let page =
      Array("<html><head><meta charset=iso-8859-1><title>x</title></head><body><p>caf".utf8) + [0xE9] + Array(" \u{201C}</p></body></html>".utf8)
    #expect(try Fixtures.read(page, as: "a.html").text.hasPrefix("café"))
  }

  @Test func carriageReturnsEndLines() throws {
    #expect(try Fixtures.read("one\r\n\r\ntwo\r\nthree", as: "a.txt").outline == ["p 1 one", "p 3-4 two⏎three"])
    #expect(try Fixtures.read("one\r\rtwo\rthree", as: "a.txt").outline == ["p 1 one", "p 3-4 two⏎three"])
  }

  @Test(arguments: [
    ("a\u{200B}b", "ab"), ("a\u{202E}b\u{202C}c", "abc"), ("a\u{E0041}\u{E0042}b", "ab"), ("soft\u{AD}hyphen", "softhyphen"), ("x\u{FEFF}y", "xy"),
    ("bell\u{07}", "bell"), ("family 👨\u{200D}👩\u{200D}👧", "family 👨\u{200D}👩\u{200D}👧"), ("می\u{200C}خواهم", "می\u{200C}خواهم"),
    ("a\u{200D}b", "ab"),
    ("sun ☀\u{FE0F}", "sun ☀\u{FE0F}"), ("a\u{FE00}\u{FE01}\u{FE02}b", "ab"), ("葛\u{E0100}城", "葛\u{E0100}城"),
    ("1\u{FE0F}\u{20E3}", "1\u{FE0F}\u{20E3}"),
  ])
  func invisibleCharactersGo(written: String, read: String) throws {
    #expect(try Fixtures.read("begin \(written) end", as: "a.txt").text == "begin \(read) end")
  }
}
