import Documents
import Foundation
import Testing

@Suite struct EncodingTests {
  /// Lines that somebody drew are no script.
  @Test(arguments: [0x85, 0x97, 0xB0, 0xB1, 0xA4, 0x95, 0x99, 0x86] as [UInt8]) func drawnLinesAreNoLetters(sign: UInt8) throws {
    let text = [UInt8]("Titel f".utf8) + [0xFC] + "r alle Gr".utf8 + [0xF6, 0xDF] + "en\n".utf8
    let file = Data(text + [UInt8](repeating: sign, count: 40) + "\nSchl".utf8 + [0xFC] + "ssel.\n".utf8)
    let document = try Fixtures.read(file, as: "a.txt")
    #expect(document.text.contains("Titel für alle Größen") && document.text.contains("Schlüssel"), "\(document.text)")
  }

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

  /// Encodings of other scripts are known by their letters; places are those of the file's bytes.
  @Test(arguments: [
    ("Договор аренды помещения.\nАрендатор вносит плату не позднее пятого числа (5 May).", String.Encoding.windowsCP1251),
    ("Η σύμβαση αυτή τίθεται σε ισχύ από την ημέρα της υπογραφής της\nκαι ισχύει για ένα έτος (2024).", .windowsCP1253),
    ("この契約は署名の日から効力を生じ、\n一年間有効とする。Contract 7を見よ。", .shiftJIS),
  ]) func lettersTellTheEncoding(text: String, encoding: String.Encoding) throws {
    let bytes = try #require(text.data(using: encoding))
    let document = try Fixtures.read(bytes, as: "a.txt")
    #expect(document.text == text)
    #expect(document.blocks[0].source == SourceSpan(byteRange: 0..<bytes.count, lines: 1...2))
  }

  /// Bytes that nothing names are Latin letters unless most of them stand in rows.
  @Test func lettersOfLatinLanguagesStay() throws {
    for text in [
      "Où est l’été? Là-bas, près du château, ç’a été dit — déjà.", "Übrigens: größer, schöner, süß. ÄÖÜ", "El niño comió piñas; ¿cuándo?",
    ] {
      #expect(try Fixtures.read(try #require(text.data(using: .windowsCP1252)), as: "a.txt").text == text)
    }
  }

  /// Encodings of one script, where the document names them.
  @Test(arguments: [
    ("shift_jis", "東京は首都です。", String.Encoding.shiftJIS), ("euc-jp", "東京", nil), ("iso-2022-jp", "東京は首都です。", .iso2022JP),
    ("windows-1251", "Лампа горит.", .windowsCP1251), ("iso-8859-2", "Żółta łódź.", .isoLatin2), ("gb2312", "灯塔看守人。", nil), ("koi8-r", "Лампа", nil),
  ]) func declaredEncodings(name: String, words: String, encoding: String.Encoding?) throws {
    let other: [String: [UInt8]] = [
      "euc-jp": [0xC5, 0xEC, 0xB5, 0xFE],
      "gb2312": [0xB5, 0xC6, 0xCB, 0xFE, 0xBF, 0xB4, 0xCA, 0xD8, 0xC8, 0xCB, 0xA1, 0xA3],
      "koi8-r": [0xEC, 0xC1, 0xCD, 0xD0, 0xC1],
    ]
    let bytes = try encoding.map { try #require(words.data(using: $0)) } ?? Data(#require(other[name]))
    let head = Data("<html><head><meta charset=\"\(name)\"></head>\n<body><p>".utf8)
    let page = head + bytes + Data("</p>\n<p>".utf8) + bytes + Data("</p></body></html>".utf8)
    let document = try Fixtures.read(page, as: "a.html")
    #expect(document.texts == [words, words])
    #expect(document.blocks.map { $0.source.lines } == [2...2, 3...3])
    // Places are those of the file's own bytes.
    let range = try #require(document.blocks[1].source.byteRange)
    #expect(page[range] == bytes || name == "iso-2022-jp")
    let xml = Data("<?xml version=\"1.0\" encoding=\"\(name)\"?><a>".utf8) + bytes + Data("</a>".utf8)
    #expect(try Fixtures.read(xml, as: "a.xml").text == words)
  }

  /// Bytes that belong to no character, in the midst and at the end, are told; a page in UTF-8 that still has the name of before is none of it.
  @Test func brokenPlacesOfDeclaredEncodings() throws {
    let words = try #require("東京は首都です。".data(using: .shiftJIS))
    let head = Data("<meta charset=shift_jis><p>".utf8)
    #expect(try Fixtures.read(head + words + [0xFF] + words + [0x8C], as: "a.html").text == "東京は首都です。\u{FFFD}東京は首都です。\u{FFFD}")
    #expect(try Fixtures.read("<meta charset=iso-2022-jp><p>東京は首都です。", as: "a.html").text == "東京は首都です。")
  }

  /// A name that is wrong, or nobody's, costs nothing.
  @Test(arguments: ["shift_jis", "x-unknown", "utf-7", "gb2312"]) func wrongDeclarations(name: String) throws {
    let page = "<meta charset=\"\(name)\"><p>Grüße aus der Küche, naïve façade.</p>"
    #expect(try Fixtures.read(page, as: "a.html").text == "Grüße aus der Küche, naïve façade.")
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
