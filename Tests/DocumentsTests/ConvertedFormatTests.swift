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
    #expect(document.omissions.map { "\($0.name) \($0.isFailure)" } == ["b/sound.mp3 false", "broken.json true"])
  }

  /// A page of a PDF as a picture, as a scanner would make it.
  @Test func aPictureIsRead() throws {
    try Fixtures.withTemporaryFolder { folder in
      let page = Process()
      page.executableURL = URL(filePath: "/usr/bin/pdftoppm")
      page.arguments = ["-r", "200", "-png", "-singlefile", Fixtures.folder + "/survey.pdf", folder + "/page"]
      try page.run()
      page.waitUntilExit()
      let document = try DocumentReader().read(path: folder + "/page.png")
      #expect(document.format == .image && document.blocks.first?.source.pages == 1...1)
      #expect(document.text.contains("The foundations rest on gneiss"))
    }
  }

  // MARK: What is not what it says

  @Test func theContentCountsMoreThanTheName() throws {
    let workbook = try Data(contentsOf: Fixtures.repository.appending(path: "Corpora/formats/log.xlsx"))
    #expect(try Fixtures.read(workbook, as: "report.pdf").format == .xlsx)
    #expect(try Fixtures.read(workbook, as: "unnamed").format == .xlsx)
    let message = try Data(contentsOf: Fixtures.repository.appending(path: "Corpora/formats/letters.mbox"))
    #expect(try Fixtures.read(message, as: "Inbox").format == .mailbox)
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

  /// A small archive of a huge file, one of too many files, and archives in archives.
  @Test func bombsEndAtTheLimits() throws {
    var limits = ReadingLimits()
    limits.textByteCount = 1 << 20
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
      #expect(try archive("head -c 20000000 /dev/zero > big.txt && bsdtar -a -cf out.zip big.txt")?.code == "document_too_large")
      let many = try archive("mkdir -p many && for i in {1..20}; do echo word > many/$i.txt; done && bsdtar -a -cf out.zip many")
      #expect(many?.code == "document_too_large", "\(many.map { "\($0)" } ?? "read")")
      let nested = try archive(
        "echo word > a.txt && bsdtar -a -cf 1.zip a.txt && bsdtar -a -cf 2.zip 1.zip && bsdtar -a -cf 3.zip 2.zip && bsdtar -a -cf out.zip 3.zip")
      #expect(nested?.why?.contains("2 deep") == true)
    }
  }
}
