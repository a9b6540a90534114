import Documents
import Foundation
import Testing

/// Formats that other programs read, and documents that hold documents: text, tables and places of each fixture in `Corpora/formats`.
@Suite struct ConvertedFormatTests {
  private static func read(_ name: String) throws -> ExtractedDocument {
    try DocumentReader().read(path: Fixtures.repository.appending(path: "Corpora/formats/" + name).path(percentEncoded: false))
  }

  /// Kind, place, headings above and text of every block.
  private static let outlines: [(name: String, format: DocumentFormat, title: String?, blocks: [String])] = [
    (
      "repairs.docx", .docx, "Repairs of 1911",
      [
        "h1 page 0 Repairs of 1911", "p page 0 The chimney of the lamp cracked on the ninth of May.", "h2 page 0 Costs", "row page 0 Part | Price",
        "row page 0 wick | 4 pence", "row page 0 chimney | 2 shillings",
      ]
    ),
    (
      "accounts.pdf", .pdf, "Accounts of 1953",
      [
        "p page 1 Accounts of Skarn Point",
        """
        p page 1 The lamp burned twelve barrels of oil in the year, two more than in the year before, since the fog of November did not lift for nineteen \
        days and nights without a break.
        """,
        """
        p page 1 Of the visitors most came by the Monday boat, and stayed no longer than an hour, which is as long as the boat waits at the landing, or as \
        long as the sea will let it wait.
        """,
        "p page 2 What was used, month by month:", "row page 2 Month: June · Oil: 31 · Wicks: 4 · Visitors: 120",
        "row page 2 Month: July · Oil: 28 · Wicks: 3 · Visitors: 210", "row page 2 Month: August · Oil: 33 · Visitors: 305",
        "row page 2 Month: November · Oil: 96 · Wicks: 11 · Visitors: 2", "p page 2 Oil is counted in gallons.",
        "p page 3 Signed by the keeper on the last of December in the oil cellar, which is the warmest room.",
      ]
    ),
    (
      // Numbers of its own at the same places of each page, cells of two lines, a line written upwards.
      "invoices.pdf", .pdf, "Invoices",
      [
        "p page 1 Invoice number 7001",
        "p page 1 Chandler of Locharn",
        "p page 1 Due on 1953-01-15",
        "row page 1 Item: Oil · Description: barrels of the best colza oil, brought by the Monday boat in fair weather and foul · Pounds: 40.50",
        """
        row page 1 Item: Wicks · Description: woven ones, of the width that the lamp takes, and packed in a tin against the \
        damp instrumentation room · Pounds: 3.20
        """,
        "p page 1 Copy for the keeper",
        "p page 1 Total: 43.70 pounds",
        "p page 1 Page 1 of 3",
        "p page 2 Invoice number 7002",
        "p page 2 Due on 1953-02-15",
        "row page 2 Item: Oil · Description: barrels of the best colza oil, brought by the Monday boat in fair weather and foul · Pounds: 41.50",
        """
        row page 2 Item: Wicks · Description: woven ones, of the width that the lamp takes, and packed in a tin against the \
        damp instrumentation room · Pounds: 4.20
        """,
        "p page 2 Copy for the keeper",
        "p page 2 Total: 45.70 pounds",
        "p page 3 Invoice number 7003",
        "p page 3 Due on 1953-03-15",
        "row page 3 Item: Oil · Description: barrels of the best colza oil, brought by the Monday boat in fair weather and foul · Pounds: 42.50",
        """
        row page 3 Item: Wicks · Description: woven ones, of the width that the lamp takes, and packed in a tin against the \
        damp instrumentation room · Pounds: 5.20
        """,
        "p page 3 Copy for the keeper",
        "p page 3 Total: 47.70 pounds",
      ]
    ),
    ("visitors.odt", .odt, "Visitors", ["h1 page 0 Visitors", "p page 0 The bishop came in 1953 and was seasick."]),
    ("menu.rtf", .rtf, nil, ["p page 0 Menu", "p page 0 On Sundays there is smoked haddock."]),
    (
      "numbers.pptx", .pptx, "The point in numbers",
      [
        "h1 page 1 The point in numbers", "p page 1 Forty wrecks in a hundred years.", "p page 1 Mention the reef called the Comb.",
        "h1 page 2 Wrecks", "row page 2 Ship: Aurora · Crew: 31", "row page 2 Ship: Minnow · Crew: 5",
      ]
    ),
    (
      "log.xlsx", .xlsx, nil,
      [
        "h1 1 Log of 1953", "row 3 Date: 1953-01-31 · Oil: 4.25 · Visitor: Bishop of Locharn",
        "row 4 Date: 1953-02-01 12:00 · Oil: 3 · Visitor: nobody",
      ]
    ),
    ("birds.ods", .ods, nil, ["h1 1 Birds", "row 5 Bird: gannet · Count: 210"]),
    ("tour.odp", .odp, nil, ["p page 1 Mind the trapdoor.", "p page 2 The view reaches Balmory."]),
    (
      "tales.epub", .epub, "Tales of Skarn Point",
      ["h1 page 0 Tales of Skarn Point", "h1 page 0 Ghosts", "p page 0 A lady in grey walks on the gallery in November."]
    ),
    (
      "tides.ipynb", .notebook, "Tides",
      ["h1 page 0 Tides", "p page 0 Spring tides reach six metres.", "code page 0 high = 6.1", "code page 0 neap 2.2"]
    ),
    (
      "garden.rst", .restructuredText, "Garden",
      ["h1 1 Garden", "p 4 Kale grows behind the north wall.", "h1 6 Tools", "li 9 - a spade", "li 10 - a rake"]
    ),
    ("debts.org", .org, "Debts", ["h1 1 Debts", "p 3 The station owes the chandler nine pounds.", "row 5 Who | Pounds", "row 7 Petrie | 3"]),
    ("optics.tex", .latex, "Optics", ["h1 3 Optics", "p 4 The lens has eight bull’s eyes."]),
    ("interview.srt", .subtitles, nil, ["p 3 Were you ever afraid?", "p 7 Only of the stairs."]),
    ("radio.vtt", .subtitles, nil, ["p 4 Fog over the Comb."]),
    ("inventory.xml", .xml, nil, ["p 3 name: the oil cellar", "p 4 Nine barrels"]),
    (
      "order.eml", .email, "Order of öil",
      [
        "h1 page 0 Order of öil",
        "p page 0 From: Tam Reid <tam@skarn.example>⏎To: Chandler <shop@locharn.example>⏎Date: Sat, 31 Jan 1953 10:00:00 +0000",
        "p page 0 Please send twelve barrels to the nörth landing.", "row 2 item: soap · count: 3", "row 3 item: candles · count: 20",
      ]
    ),
    ("notice.txt.gz", .plainText, nil, ["p 1 The landing is closed on Mondays."]),
    ("reports.tar.gz", .archive, nil, ["p 1 The sea came over the gallery twice."]),
  ]

  @Test(arguments: outlines.indices) func aFixtureReadsAsItIsWritten(index: Int) throws {
    let expected = Self.outlines[index]
    let document = try Self.read(expected.name)
    #expect(document.format == expected.format)
    #expect(document.title == expected.title)
    #expect(document.outline == expected.blocks)
    #expect(document.faults.isEmpty && document.omissions.isEmpty)
  }

  @Test func aManualPage() throws {
    let document = try Self.read("lampctl.1")
    #expect(document.format == .man)
    #expect(document.outline.contains("p 3 lampctl - turn the lamp") && document.text.contains("Turns a minute, four by default."))
  }

  @Test func aMailboxIsManyMessages() throws {
    let document = try Self.read("letters.mbox")
    #expect(document.format == .mailbox)
    #expect(Set(document.blocks.compactMap(\.record?.name)) == ["message 1", "message 2"])
    #expect(document.blocks.contains { $0.record?.title == "Paint" && document.text(of: $0) == "White lead has run out." })
  }

  @Test func anAttachmentIsARecordOfItsMessage() throws {
    let document = try Self.read("order.eml")
    #expect(document.blocks.compactMap(\.record?.name) == ["list.csv", "list.csv"])
  }

  /// What lies in an archive is a record under its name, archives within it too; what cannot be read is said.
  @Test func anArchiveIsManyDocuments() throws {
    let document = try Self.read("papers.zip")
    #expect(document.format == .archive)
    #expect(
      document.blocks.map { "\($0.record?.name ?? "-") \(document.text(of: $0))" } == [
        "a/permit.md Permit", "a/permit.md Digging is allowed until the first of March.", "c/inner.zip/deep.txt The deepest note.",
      ])
    #expect(document.omissions.map { "\($0.name) \($0.isFailure)" } == [".hidden.txt false", "b/sound.mp3 false", "broken.json true"])
  }

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
  private static func pdf(_ pages: [(content: String, resources: String)], objects: [Data] = []) -> Data {
    let firstPage = 5 + objects.count
    let kids = pages.indices.map { "\(firstPage + 2 * $0) 0 R" }.joined(separator: " ")
    var all =
      [
        Data("<< /Type /Catalog /Pages 2 0 R >>".utf8), Data("<< /Type /Pages /Kids [\(kids)] /Count \(pages.count) >>".utf8), Data("null".utf8),
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

  @Test func aPDFWithoutPagesSaysSo() throws {
    let file = Data("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 9 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n".utf8)
    let error = #expect(throws: DocumentError.self) { try Fixtures.read(file, as: "a.pdf") }
    #expect(error?.why?.contains("list of pages is missing or damaged") == true, "\(String(describing: error))")
  }

  // MARK: What is not what it says

  @Test func theContentCountsMoreThanTheName() throws {
    let workbook = try Data(contentsOf: Fixtures.repository.appending(path: "Corpora/formats/log.xlsx"))
    #expect(try Fixtures.read(workbook, as: "report.pdf").format == .xlsx)
    #expect(try Fixtures.read(workbook, as: "unnamed").format == .xlsx)
    let message = try Data(contentsOf: Fixtures.repository.appending(path: "Corpora/formats/letters.mbox"))
    #expect(try Fixtures.read(message, as: "Inbox").format == .mailbox)
    // Names of formats that are not read, on what is.
    #expect(try Fixtures.read("{\\rtf1 A treaty.}", as: "treaty.doc").format == .rtf)
    #expect(try Fixtures.read("<html><body><table><tr><td>Barley</td></tr></table></body></html>", as: "export.xls").format == .html)
    #expect(try Fixtures.read("Only words.", as: "notes.key").text == "Only words.")
    let foreign: [(name: String, bytes: [UInt8])] = [
      ("film.mp4", [0, 0, 0, 0x18, 0x66, 0x74, 0x79, 0x70, 1, 2, 3, 0, 0, 0]), ("old.doc", [0xD0, 0xCF, 0x11, 0xE0, 0, 0]),
    ]
    for (name, bytes) in foreign {
      let error = #expect(throws: DocumentError.self) { try Fixtures.read(Data(bytes), as: name) }
      #expect(error?.isUnsupportedFormat == true, "\(name)")
    }
  }

  // MARK: Mail as programs write it

  private static func message(_ boundary: String, _ parts: [String]) -> String {
    "Content-Type: multipart/\(boundary); boundary=\(boundary)\n\n" + parts.map { "--\(boundary)\n\($0)\n" }.joined() + "--\(boundary)--\n"
  }

  /// Apple Mail puts attachments among the alternatives; a blank one is none.
  @Test func alternativesLoseNothing() throws {
    let head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\n"
    let disposition = "Content-Disposition: attachment; filename=contract.txt"
    let attachment = "Content-Type: text/plain; name=contract.txt\n\(disposition)\n\nThe contract ends in May."
    let inner = Self.message("mixed", ["Content-Type: text/html\n\n<p>See below.</p>", attachment])
    let apple = head + Self.message("alternative", ["Content-Type: text/plain\n\nSee below.", inner])
    let document = try Fixtures.read(apple, as: "m.eml")
    #expect(document.blocks.contains { $0.record?.name == "contract.txt" && document.text(of: $0) == "The contract ends in May." }, "\(document)")
    #expect(document.text.components(separatedBy: "See below.").count == 2)
    let blank = head + Self.message("alternative", ["Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<p>All of it is here.</p>"])
    #expect(try Fixtures.read(blank, as: "m.eml").text.contains("All of it is here."))
  }

  @Test func oddMessagesLoseNothing() throws {
    let zeros = "From: a@b.example\nSubject: x\n\nBefore \0 and behind.\n"
    #expect(try Fixtures.read(zeros, as: "m.eml").text.contains("and behind."))
    let good = { (number: Int) in "From a@b.example Thu Jan  1 00:00:00 2026\nFrom: a@b.example\nSubject: letter \(number)\n\nBody \(number).\n\n" }
    let mailbox = good(1) + "From b\n\nNo headers here.\n\n" + good(3) + "From c\n\u{1}garbage\n\n" + good(5)
    let letters = try Fixtures.read(mailbox, as: "odd.mbox")
    for words in ["Body 1.", "No headers here.", "Body 3.", "Body 5."] { #expect(letters.text.contains(words), "\(words) of \(letters.text)") }
    var deep = "Content-Type: text/plain\n\nThe deepest words.\n"
    for level in 0..<80 { deep = "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n\(deep)--b\(level)--\n" }
    let nested = try Fixtures.read("From: a@b.example\nSubject: x\nMIME-Version: 1.0\n" + deep, as: "m.eml")
    #expect(nested.omissions.contains { $0.name == "1 parts" }, "\(nested.omissions)")
    let body = "From: a@b.example\nSubject: Apple\n\nThe letter.\n"
    #expect(try Fixtures.read("\(body.utf8.count)   \n\(body)<?xml version=\"1.0\"?><plist/>", as: "1.emlx").text.hasSuffix("The letter."))
  }

  @Test func cuesWithoutEmptyLinesBetweenThem() throws {
    let text = "1\n00:00:01,000 --> 00:00:02,000\nHello new\n2\n00:00:03,000 --> 00:00:04,000\n1984\n\n3\n00:00:05,000 --> 00:00:06,000\nEnd.\n"
    let document = try Fixtures.read(text, as: "film.srt")
    #expect(document.blocks.map { document.text(of: $0) } == ["Hello new", "1984", "End."])
  }

  /// A package of Office with these parts.
  private static func package(_ parts: [String: Data], in folder: String, as name: String) throws -> String {
    let source = folder + "/" + UUID().uuidString
    for (name, data) in parts {
      let file = URL(filePath: source + "/" + name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file)
    }
    let packer = Process()
    packer.executableURL = URL(filePath: "/usr/bin/bsdtar")
    // A bracket begins a pattern.
    let members = Set(parts.keys.map { String($0.prefix { $0 != "/" }).replacing("[", with: "[[]") }).sorted()
    packer.arguments = ["-C", source, "--format=zip", "--options", "zip:compression=store", "-cf", "\(folder)/\(name)"] + members
    try packer.run()
    packer.waitUntilExit()
    return "\(folder)/\(name)"
  }

  /// A workbook behind a chart does not make a presentation a workbook, and what diagrams and charts say belongs to their slide.
  @Test func aPresentationWithDiagramsChartsAndAWorkbook() throws {
    try Fixtures.withTemporaryFolder { folder in
      func paragraph(_ text: String) -> String { "<a:p><a:r><a:t>\(text)</a:t></a:r></a:p>" }
      func rels(_ targets: [String]) -> Data {
        Data("<Relationships>\(targets.enumerated().map { "<Relationship Id=\"r\($0)\" Target=\"\($1)\"/>" }.joined())</Relationships>".utf8)
      }
      let workbook = try Data(contentsOf: Fixtures.repository.appending(path: "Corpora/formats/log.xlsx"))
      let path = try Self.package(
        [
          "[Content_Types].xml": Data("<Types/>".utf8), "ppt/embeddings/book.xlsx": workbook,
          "ppt/_rels/presentation.xml.rels": rels(["slides/slide1.xml"]),
          "ppt/presentation.xml": Data("<p:presentation xmlns:p=\"p\" xmlns:r=\"r\"><p:sldId r:id=\"r0\"/></p:presentation>".utf8),
          "ppt/slides/slide1.xml": Data("<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><p:sp>\(paragraph("Harvest"))</p:sp></p:sld>".utf8),
          "ppt/slides/_rels/slide1.xml.rels": rels(["../charts/chart1.xml", "../diagrams/data1.xml", "../diagrams/drawing1.xml"]),
          "ppt/charts/chart1.xml": Data(Self.chart.utf8),
          "ppt/diagrams/data1.xml": Data("<d:dataModel xmlns:d=\"d\" xmlns:a=\"a\"><d:t>\(paragraph("Sow, then reap"))</d:t></d:dataModel>".utf8),
        ], in: folder, as: "talk.pptx")
      let document = try DocumentReader().read(path: path)
      #expect(
        document.format == .pptx
          && document.blocks.map { document.text(of: $0) } == ["Harvest", "Sow, then reap", "Tons a year", "1952 · Rye: 40", "1953 · Rye: 47"])
    }
  }

  /// Two values of one series.
  private static let chart = """
    <c:chart xmlns:c="c" xmlns:a="a"><a:p><a:r><a:t>Tons a year</a:t></a:r></a:p><c:ser><c:tx><c:v>Rye</c:v></c:tx>\
    <c:cat><c:pt idx="0"><c:v>1952</c:v></c:pt><c:pt idx="1"><c:v>1953</c:v></c:pt></c:cat>\
    <c:val><c:pt idx="0"><c:v>40</c:v></c:pt><c:pt idx="1"><c:v>47</c:v></c:pt></c:val></c:ser></c:chart>
    """

  /// Boxes, shapes and charts, which pandoc does not read, and shapes on a sheet.
  @Test func whatStandsInDrawingsIsRead() throws {
    try Fixtures.withTemporaryFolder { folder in
      let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
      let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
      let package = "http://schemas.openxmlformats.org/package/2006"
      func run(_ text: String) -> String { "<w:r><w:t>\(text)</w:t></w:r>" }
      let box = "<v:textbox><w:txbxContent><w:p><w:r><w:instrText>PAGE</w:instrText></w:r>\(run("Boxed words."))</w:p></w:txbxContent></v:textbox>"
      let twice = "<mc:AlternateContent><mc:Choice>\(box)</mc:Choice><mc:Fallback>\(box)</mc:Fallback></mc:AlternateContent>"
      let body = "<w:p>\(run("Before."))</w:p><w:p><w:r><w:pict>\(twice)</w:pict></w:r></w:p>"
      let document = "<w:document xmlns:w=\"\(word)\" xmlns:v=\"v\" xmlns:mc=\"mc\"><w:body>\(body)</w:body></w:document>"
      let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
      let docx = try Self.package(
        [
          "[Content_Types].xml": Data(
            "<Types xmlns=\"\(package)/content-types\"><Override PartName=\"/word/document.xml\" ContentType=\"\(main)\"/></Types>".utf8),
          "_rels/.rels": Data(
            "<Relationships xmlns=\"\(package)/relationships\"><Relationship Id=\"a\" Type=\"\(office)/officeDocument\" Target=\"word/document.xml\"/></Relationships>"
              .utf8),
          "word/document.xml": Data(document.utf8), "word/charts/chart1.xml": Data(Self.chart.utf8),
        ], in: folder, as: "a.docx")
      let texts = try DocumentReader().read(path: docx).texts
      #expect(texts.filter { $0.contains("Boxed words.") }.count == 1 && texts.first == "Before.", "\(texts)")
      #expect(!texts.contains { $0.contains("PAGE") } && texts.suffix(3) == ["Tons a year", "1952 · Rye: 40", "1953 · Rye: 47"], "\(texts)")

      let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>7</v></c></row></sheetData></worksheet>"
      func rels(_ target: String) -> Data { Data("<Relationships><Relationship Id=\"a\" Target=\"\(target)\"/></Relationships>".utf8) }
      let xlsx = try Self.package(
        [
          "[Content_Types].xml": Data("<Types/>".utf8), "xl/_rels/workbook.xml.rels": rels("worksheets/s.xml"),
          "xl/workbook.xml": Data("<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></workbook>".utf8),
          "xl/worksheets/s.xml": Data(sheet.utf8), "xl/worksheets/_rels/s.xml.rels": rels("../drawings/drawing1.xml"),
          "xl/drawings/drawing1.xml": Data("<x:r xmlns:x=\"x\" xmlns:a=\"a\"><a:p><a:r><a:t>A note in a shape</a:t></a:r></a:p></x:r>".utf8),
          "xl/drawings/_rels/drawing1.xml.rels": rels("../charts/chart1.xml"), "xl/charts/chart1.xml": Data(Self.chart.utf8),
        ], in: folder, as: "a.xlsx")
      #expect(try DocumentReader().read(path: xlsx).texts == ["S", "7", "A note in a shape", "Tons a year"])
    }
  }

  /// A cell far to the right in many rows, and a long text that many cells show.
  @Test func sparseSheetsAreSmall() throws {
    try Fixtures.withTemporaryFolder { folder in
      func workbook(_ sheet: String, _ strings: String) throws -> String {
        let parts = [
          "xl/workbook.xml": "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></workbook>",
          "xl/_rels/workbook.xml.rels": "<Relationships><Relationship Id=\"a\" Target=\"worksheets/s.xml\"/></Relationships>",
          "xl/worksheets/s.xml": "<worksheet><sheetData>\(sheet)</sheetData></worksheet>", "xl/sharedStrings.xml": "<sst>\(strings)</sst>",
          "[Content_Types].xml": "<Types/>",
        ]
        return try Self.package(parts.mapValues { Data($0.utf8) }, in: folder, as: "out.xlsx")
      }
      let far = (1...3000).map { "<row r=\"\($0)\"><c r=\"XFD\($0)\"><v>\($0)</v></c></row>" }.joined()
      let document = try DocumentReader().read(path: workbook(far, ""))
      #expect(document.blocks.count == 3001 && document.text.hasSuffix("3000"))
      let mixed = "<row><c r=\"C1\"><v>3</v></c><c r=\"A1\"><v>1</v></c><c r=\"C1\"><v>4</v></c></row>"
      #expect(try DocumentReader().read(path: workbook(mixed, "")).text.hasSuffix("1 · 4"))
      var limits = ReadingLimits()
      limits.textByteCount = 1 << 20
      let row = "<row>" + String(repeating: "<c t=\"s\"><v>0</v></c>", count: 2000) + "</row>"
      let path = try workbook(row, "<si><t>\(String(repeating: "word ", count: 2000))</t></si>")
      let error = #expect(throws: DocumentError.self) { try DocumentReader(limits: limits).read(path: path) }
      #expect(error?.code == "document_too_large")
    }
  }

  private static let hostile: [(name: String, text: String, code: String)] = [
    ("entities.xml", "<!DOCTYPE a [<!ENTITY b \"x\">]><a>&b;&b;</a>", "document_malformed"),
    ("deep.xml", String(repeating: "<a>", count: 100_000), "document_too_large"), ("cut.xml", "<a><b>text</b>", "document_malformed"),
    ("empty.zip", "PK\u{5}\u{6}" + String(repeating: "\0", count: 18), "document_empty"), ("cut.docx", "PK\u{3}\u{4}nothing", "document_malformed"),
    ("cut.xlsx", "PK\u{3}\u{4}nothing", "document_malformed"), ("no.epub", "no book", "document_malformed"), ("no.eml", "", "document_empty"),
    ("no.srt", "words without times", "document_empty"), ("no.odt", "<xml/>", "document_malformed"),
  ]

  @Test(arguments: hostile.indices) func whatIsNotItsFormatIsAnErrorThatSaysSo(index: Int) {
    let file = Self.hostile[index]
    let error = #expect(throws: DocumentError.self, "\(file.name)") { try Fixtures.read(file.text, as: file.name) }
    #expect(error?.code == file.code, "\(file.name): \(error?.code ?? "") \(error?.why ?? "")")
  }

  /// Numbers that no sheet has: of copies, of rows, of spaces.
  @Test func hugeNumbersInSheetsAreTaken() throws {
    let namespaces = ["office", "table", "text"].map { "xmlns:\($0)=\"urn:oasis:names:tc:opendocument:xmlns:\($0):1.0\"" }.joined(separator: " ")
    let rows = [("-7", "a"), ("\(Int.max)", "b"), ("\(Int.max)", "c")].map { count, text in
      """
      <table:table-row table:number-rows-repeated="\(count)"><table:table-cell table:number-columns-repeated="\(count)"><text:p>\(text)<text:s \
      text:c="\(count)"/></text:p></table:table-cell></table:table-row>
      """
    }.joined()
    let content = "<office:document-content \(namespaces)><table:table table:name=\"T\">\(rows)</table:table></office:document-content>"
    try Fixtures.withTemporaryFolder { folder in
      try Data(content.utf8).write(to: URL(filePath: folder + "/content.xml"))
      let packer = Process()
      packer.executableURL = URL(filePath: "/usr/bin/bsdtar")
      packer.arguments = ["-C", folder, "--format=zip", "-cf", folder + "/huge.ods", "content.xml"]
      try packer.run()
      packer.waitUntilExit()
      let document = try DocumentReader().read(path: folder + "/huge.ods")
      #expect(document.format == .ods && document.text.contains("b · b") && document.faults.isEmpty)
    }
  }

  @Test func aBodyThatCannotBeReadIsSaid() throws {
    let message = "From: a@b.example\nSubject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nAQIDBAUGBwgLDA4PEBESExQV\n"
    let document = try Fixtures.read(message, as: "m.eml")
    #expect(document.text.contains("x") && document.omissions.map(\.name) == ["message.txt"], "\(document)")
  }

  /// A page's box is its place in points from the upper left corner; a paragraph has one for each of its lines.
  @Test func partsOfAPageHaveTheirPlaces() throws {
    let document = try Self.read("accounts.pdf")
    func box(_ source: SourceSpan) throws -> PageBox { try #require(source.box) }
    // Helvetica of 11 points stands on 632 and 614 of 842 from below.
    let (june, july) = (try box(document.blocks[4].source), try box(document.blocks[5].source))
    #expect((72...73).contains(june.left) && june.top < 842 - 632 && june.bottom > 842 - 632 && june.right > 402)
    #expect(abs(july.top - june.top - 18) < 0.1)
    let anchors = document.blocks[2].anchors
    #expect(anchors.count == 5 && anchors.map(\.offset) == anchors.map(\.offset).sorted())
    #expect(try anchors.allSatisfy { try box($0.source).left >= 320 && $0.source.pages == 1...1 })
    let second = anchors[1].offset
    #expect(Array(document.text.utf8)[second...].starts(with: "Monday boat".utf8))
    #expect(try abs(box(anchors[1].source).top - box(anchors[0].source).top - 14) < 0.1)
    // Of two pages the first one's box counts.
    let union = anchors[0].source.union(document.blocks[4].source)
    #expect(union.pages == 1...2 && union.box == anchors[0].source.box)
    #expect(try JSONDecoder().decode(SourceSpan.self, from: JSONEncoder().encode(union)).pages == 1...2)
    #expect(throws: (any Error).self) { try JSONDecoder().decode(PageBox.self, from: Data("[1,2,3]".utf8)) }
    #expect(throws: (any Error).self) { try JSONDecoder().decode(PageBox.self, from: Data("[1,2,3,1e9]".utf8)) }
  }

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

  /// Written to something that cannot go back: how long an entry is stands behind it, and in the list at the end.
  @Test func aStreamedArchiveIsRead() throws {
    func little(_ values: (Int, Int)...) -> [UInt8] {
      values.flatMap { value, count in (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
    let (name, text, crc) = (Array("a.txt".utf8), Array("Plums are ripe.".utf8), 0xe807f8a7)
    let entry = little((0x0403_4B50, 4), (20, 2), (8, 2), (0, 6), (0, 12), (name.count, 2), (0, 2)) + name + text
    let behind = little((0x0807_4B50, 4), (crc, 4), (text.count, 4), (text.count, 4))
    let list =
      little((0x0201_4B50, 4), (20, 2), (20, 2), (8, 2), (0, 6), (crc, 4), (text.count, 4), (text.count, 4), (name.count, 2), (0, 12), (0, 4)) + name
    let end = little((0x0605_4B50, 4), (0, 4), (1, 2), (1, 2), (list.count, 4), (entry.count + behind.count, 4), (0, 2))
    let document = try Fixtures.read(entry + behind + list + end, as: "notes.zip")
    #expect(document.blocks.map { "\($0.record?.name ?? "-") \(document.text(of: $0))" } == ["a.txt Plums are ripe."])
    #expect(document.omissions.isEmpty)
    // Without the list nobody knows where it ends.
    let error = #expect(throws: DocumentError.self) { try Fixtures.read(entry + behind, as: "notes.zip") }
    #expect(error?.isUnsupportedFormat == false)
  }

  /// A small archive of a huge file, one of too many files, and archives in archives.
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
