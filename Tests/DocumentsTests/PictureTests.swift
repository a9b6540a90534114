import Documents
import Foundation
import Testing

/// Text in pictures, and PDFs that are not as most are: pages as pictures, fonts that are not there, no pages.
@Suite struct PictureTests {
  /// The first page of a PDF as a picture, as a scanner would make it.
  private static func drawn(_ options: [String]) throws -> Data {
    let (program, output) = (Process(), Pipe())
    program.executableURL = URL(filePath: "/usr/bin/pdftoppm")
    program.arguments = options + ["-singlefile", Fixtures.folder + "/survey.pdf"]
    program.standardOutput = output
    try program.run()
    let picture = output.fileHandleForReading.readDataToEndOfFile()
    program.waitUntilExit()
    return picture
  }

  @Test func aPictureIsRead() throws {
    try Fixtures.withTemporaryFolder { folder in
      try Self.drawn(["-r", "200", "-png"]).write(to: URL(filePath: folder + "/page.png"))
      let document = try DocumentReader().read(path: folder + "/page.png")
      #expect(document.format == .image && document.blocks.first?.source.pages == 1...1)
      #expect(document.text.contains("The foundations rest on gneiss"))
    }
  }

  /// A PDF of pages, each with a content stream and what its resources are; object 4 is a font, those from 5 on are given.
  private static func pdf(
    _ pages: [(content: String, resources: String)], objects: [Data] = [], catalog: String = "<< /Type /Catalog /Pages 2 0 R >>"
  ) -> Data {
    let firstPage = 5 + objects.count
    let kids = pages.indices.map { "\(firstPage + 2 * $0) 0 R" }.joined(separator: " ")
    var all =
      [
        Data(catalog.utf8), Data("<< /Type /Pages /Kids [\(kids)] /Count \(pages.count) >>".utf8), Data("null".utf8),
        Data("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".utf8),
      ] + objects
    for (index, page) in pages.enumerated() {
      let box = "/MediaBox [0 0 595 842] /Parent 2 0 R"
      all.append(Data("<< /Type /Page \(box) /Contents \(firstPage + 2 * index + 1) 0 R /Resources << \(page.resources) >> >>".utf8))
      all.append(Data("<< /Length \(page.content.utf8.count) >>\nstream\n\(page.content)\nendstream".utf8))
    }
    var file = Data("%PDF-1.4\n".utf8)
    var offsets: [Int] = []
    for (index, object) in all.enumerated() {
      offsets.append(file.count)
      file += Data("\(index + 1) 0 obj\n".utf8) + object + Data("\nendobj\n".utf8)
    }
    let start = file.count
    file += Data("xref\n0 \(all.count + 1)\n0000000000 65535 f \n".utf8)
    for offset in offsets { file += Data(String(format: "%010d 00000 n \n", offset).utf8) }
    return file + Data("trailer << /Size \(all.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n".utf8)
  }

  private static func line(_ text: String) -> (content: String, resources: String) {
    ("BT /F1 14 Tf 72 700 Td (\(text)) Tj ET", "/Font << /F1 4 0 R >>")
  }

  /// Exponents and numbers of footnotes stand high, numbers in formulas of chemistry low; words are cut at ends of lines, after hyphens of their own too.
  @Test func numbersThatStandHighAndWordsThatAreCut() throws {
    func at(_ rise: Int, _ text: String) -> String { "/F1 8 Tf \(rise) Ts (\(text)) Tj 0 Ts /F1 14 Tf " }
    let lines = [
      "(Light of 10) Tj \(at(5, "6"))( candles and H) Tj \(at(-3, "2"))(O.) Tj",
      "(A well-known lamp was lit by the keeper on the very first eve-) Tj", "(ning of a year that all remember; it was well-) Tj",
      "(known, of type AB-) Tj", "(12.) Tj",
    ]
    let content = "BT /F1 14 Tf 72 700 Td " + lines.joined(separator: " 0 -16 Td ") + " ET"
    let document = try Fixtures.read(Self.pdf([(content, "/Font << /F1 4 0 R >>")]), as: "a.pdf")
    let text = document.text
    #expect(text.contains("10^6 candles and H2O."), "\(text)")
    #expect(text.contains("first evening of") && text.contains("was well-known, of type AB-12."), "\(text)")
  }

  /// Numbers that count with the pages are theirs where they stand at an edge, and not where they are titles.
  @Test func titlesThatCountWithThePages() throws {
    let pages = (0..<4).map { page in
      let words = (0..<5).map { "0 -20 Td (Line \($0) says word\(page)\($0) here.) Tj" }.joined(separator: " ")
      let content = "BT /F1 24 Tf 72 760 Td (\(2019 + page)) Tj /F1 12 Tf 0 -20 Td \(words) ET BT /F1 12 Tf 290 40 Td (\(page + 7)) Tj ET"
      return (content: content, resources: "/Font << /F1 4 0 R >>")
    }
    let text = try Fixtures.read(Self.pdf(pages), as: "a.pdf").text
    for year in 2019...2022 { #expect(text.contains("\(year)"), "\(text)") }
    #expect(!text.split(separator: "\n").contains("8"), "\(text)")
  }

  /// What a PDF carries is read as a document in it.
  @Test func filesInAPDF() throws {
    let files = (0..<2).map { "(n\($0)) << /Type /Filespec /F (note\($0).txt) /EF << /F \(5 + $0) 0 R >> >>" }.joined(separator: " ")
    let objects = ["Words of a note.", ""].map { Data("<< /Type /EmbeddedFile /Length \($0.utf8.count) >>\nstream\n\($0)\nendstream".utf8) }
    let catalog = "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [\(files)] >> >> >>"
    for page in [Self.line("The page."), (content: "", resources: "")] {
      let file = Self.pdf([page], objects: objects, catalog: catalog)
      let document = try Fixtures.read(file, as: "a.pdf")
      #expect(document.texts == (page.content.isEmpty ? [] : ["The page."]) + ["Words of a note."], "\(document.texts)")
      #expect(document.blocks.last?.record?.name == "note0.txt" && document.omissions.map(\.name) == ["note1.txt"])
    }
  }

  /// Programs draw letters from left to right, those of Hebrew too.
  @Test func wordsFromRightToLeft() throws {
    let letters = zip("abcdefg", "שלוםעהמ").map {
      "<\(String($0.asciiValue ?? 0, radix: 16))> <\(String($1.unicodeScalars.first?.value ?? 0, radix: 16))>"
    }
    let map = """
      /CIDInit /ProcSet findresource begin begincmap /CMapName /A def 1 begincodespacerange <00> <ff> endcodespacerange
      7 beginbfchar \(letters.map { $0.replacing("<5", with: "<05") }.joined(separator: "\n")) endbfchar endcmap
      """
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    let objects = [Data(font.utf8), Data("<< /Length \(map.utf8.count) >>\nstream\n\(map)\nendstream".utf8)]
    let content = """
      BT /F2 14 Tf 72 700 Td (12:30 dbce dcba) Tj 0 -40 Td /F1 14 Tf (The word) Tj /F2 14 Tf ( dbce dcba ) Tj /F1 14 Tf (is said.) Tj
      0 -40 Td /F2 14 Tf (1953-f dcba) Tj ET
      """
    let file = Self.pdf([(content, "/Font << /F1 4 0 R /F2 5 0 R >>")], objects: objects)
    let text = try Fixtures.read(file, as: "a.pdf").text
    #expect(text.split(separator: "\n").filter { !$0.isEmpty } == ["שלום עולם 12:30", "The word שלום עולם is said.", "שלום ה-1953"], "\(text)")
  }

  /// Lines of a cell stand closer to each other than rows of a table.
  @Test func cellsOfSeveralLines() throws {
    let rows = [
      ["Part", "What it is", "Supplier", "2021", "2022"], ["lamp", "a light on", "Smith and", "40", "41"], ["", "a tower,", "Sons", "", ""],
      ["", "lit at dusk", "", "", ""], ["wick", "cotton, in a", "Tam", "7", "8"], ["", "coil", "", "", ""], ["oil", "of rape", "Bell", "12", "11"],
    ]
    var (height, shown) = (700, "")
    for row in rows {
      height -= row[0].isEmpty ? 16 : 26
      for (column, text) in row.enumerated() where !text.isEmpty { shown += "1 0 0 1 \(72 + 90 * column) \(height) Tm (\(text)) Tj " }
    }
    let document = try Fixtures.read(Self.pdf([("BT /F1 14 Tf " + shown + "ET", "/Font << /F1 4 0 R >>")]), as: "a.pdf")
    #expect(
      document.texts == [
        "Part: lamp · What it is: a light on a tower, lit at dusk · Supplier: Smith and Sons · 2021: 40 · 2022: 41",
        "Part: wick · What it is: cotton, in a coil · Supplier: Tam · 2021: 7 · 2022: 8",
        "Part: oil · What it is: of rape · Supplier: Bell · 2021: 12 · 2022: 11",
      ], "\(document.texts)")
  }

  /// Some pages of a PDF may be pictures while others hold text; one that is blank is not looked at.
  @Test func pagesThatArePicturesAreReadBesideThoseThatHoldText() throws {
    let page = try Self.drawn(["-r", "150", "-gray"])
    let header = String(decoding: page.prefix(20), as: UTF8.self).split(whereSeparator: \.isWhitespace).prefix(4)
    let (width, height) = (Int(header[1]) ?? 0, Int(header[2]) ?? 0)
    let pixels = page.suffix(width * height)
    let dictionary = "/Type /XObject /Subtype /Image /Width \(width) /Height \(height) /ColorSpace /DeviceGray /BitsPerComponent 8"
    let image = Data("<< \(dictionary) /Length \(pixels.count) >>\nstream\n".utf8) + pixels + Data("\nendstream".utf8)
    let scan = ("595 0 0 842 0 0 cm /Im Do", "/XObject << /Im 5 0 R >>")
    let file = Self.pdf([Self.line("The first page holds text."), scan, ("", ""), Self.line("So does the last one.")], objects: [image])
    let document = try Fixtures.read(file, as: "mixed.pdf")
    #expect(document.text.hasPrefix("The first page holds text.") && document.text.hasSuffix("So does the last one."))
    #expect(document.text.contains("The foundations rest on gneiss"), "\(document.text)")
    #expect(document.blocks.first { document.text(of: $0).contains("gneiss") }?.source.pages == 2...2)
    #expect(document.blocks.last?.source.pages == 4...4 && document.omissions.isEmpty)

    // A picture that is damaged leaves the page white.
    let broken = Data("<< \(dictionary) /Filter /DCTDecode /Length 4 >>\nstream\nJFIF\nendstream".utf8)
    let rest = try Fixtures.read(Self.pdf([Self.line("Text."), scan, ("", "")], objects: [broken]), as: "broken.pdf")
    #expect(rest.text == "Text." && rest.omissions.map(\.name) == ["page 2"] && rest.omissions.allSatisfy { $0.reason.contains("cannot be drawn") })

    var limits = ReadingLimits()
    limits.scannedPageCount = 0
    let limited = try DocumentReader(limits: limits).read([UInt8](file), path: "mixed.pdf")
    #expect(limited.blocks.map { limited.text(of: $0) } == ["The first page holds text.", "So does the last one."])
    #expect(limited.omissions.map(\.name) == ["2 of pages 2 to 3"] && limited.omissions[0].isFailure)
  }

  /// The tables of such encodings are a package of their own.
  @Test func aFontThatIsNotInThePDFMayBeJapanese() throws {
    let descendant =
      "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>"
    let font = "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin /Encoding /90ms-RKSJ-H /DescendantFonts [\(descendant)] >>"
    let file = Self.pdf([("BT /F2 14 Tf 72 700 Td <93FA967B8CEA> Tj ET", "/Font << /F2 5 0 R >>")], objects: [Data(font.utf8)])
    #expect(try Fixtures.read(file, as: "letter.pdf").text == "日本語")
  }

  /// As a mail program or a server leaves it, or as another file's beginning.
  @Test func aPDFMayHaveSomethingBeforeIt() throws {
    let file = Self.pdf([Self.line("The lamp burns.")])
    let befores = ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "PK\u{3}\u{4}", String(repeating: ".", count: 257) + "ustar", "<html>"]
    for before in befores {
      #expect(try Fixtures.read(Data(before.utf8) + file, as: "a.pdf").text == "The lamp burns.", "\(before)")
    }
  }

  @Test func aPDFWithoutPagesSaysSo() throws {
    let file = Data("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 9 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n".utf8)
    let error = #expect(throws: DocumentError.self) { try Fixtures.read(file, as: "a.pdf") }
    #expect(error?.why?.contains("list of pages is missing or damaged") == true, "\(String(describing: error))")
  }
}
