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
    ("radio.vtt", .subtitles, nil, ["p 4 Tam: Fog over the Comb."]),
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

  /// Files that programs put among the alternatives without a word that they are attached; pictures in a page are part of it.
  @Test func namedPartsOfAlternativesAreKept() throws {
    let head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\n"
    let table = "Content-Type: text/csv; name=t.csv\nContent-Disposition: inline; filename=t.csv\n\nlamp,oil\none,two"
    let note = "Content-Type: text/plain; name=n.txt\nContent-Disposition: inline; filename=n.txt\n\nThe note."
    let picture = "Content-Type: image/png; name=p.png\nContent-Disposition: inline; filename=p.png\n\nx"
    let page = "Content-Type: text/html; name=m.html\n\n<p>See below.</p>"
    let plain = "Content-Type: text/plain\n\nSee below."
    for inner in [Self.message("mixed", [page, table, note]), Self.message("related", [page, picture, table, note])] {
      let document = try Fixtures.read(head + Self.message("alternative", [plain, inner]), as: "m.eml")
      #expect(document.texts.dropFirst(2) == ["See below.", "lamp: one · oil: two", "The note."])
      #expect(document.blocks.compactMap(\.record?.name) == ["t.csv", "n.txt"] && document.omissions.isEmpty)
    }
  }

  /// What stands behind HTML is for programs, but a calendar may say what nothing else does.
  @Test(arguments: [("text/calendar\n\nLOCATION:Pier", ["LOCATION:Pier"]), ("text/x-amp-html\n\n<p>Other words.</p>", [])])
  func theBestAlternativeIsRead(last: String, others: [String]) throws {
    let head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\n"
    let page = "Content-Type: text/html\n\n<p>All of it.</p>"
    for page in [page, Self.message("related", [page])] {
      let document = try Fixtures.read(
        head + Self.message("alternative", ["Content-Type: text/plain\n\n", page, "Content-Type: " + last]), as: "m.eml")
      #expect(Array(document.texts.dropFirst(2)) == ["All of it."] + others)
    }
  }

  /// Files of a mail folder, which no name tells, and notes that look like them.
  @Test func messagesWithoutATellingName() throws {
    let fields = ["Date: Thu, 1 Jan 2026 00:00:00 +0000", "From: a@b.example", "To: c@d.example", "Subject: Oil", "X-Original-To: c@d.example"]
    for first in fields.indices {
      let header = (fields[first...] + fields[..<first]).joined(separator: "\n")
      let document = try Fixtures.read("\(header)\nDKIM-Signature: v=1;\n\tb=x\n\nThe oil.\n", as: "1700000000.M1P2.host:2,S")
      #expect(document.format == .email && document.title == "Oil" && document.texts.last == "The oil.")
    }
    let notes = [
      "From: the keeper\nTo: the baker\nSubject: Bread\n\nTwo loaves.", "Date: today\nFrom: me\nMessage-ID: none\nOf the lamp.\n\nIt burns.",
      "From: me\n\nTo: you\nMIME-Version: 1.0\n", "name: lamp\nfrom: x\nversion: 1\n",
    ]
    for note in notes { #expect(try Fixtures.read(note, as: "note").format == .plainText, "\(note)") }
  }

  @Test func oddMessagesLoseNothing() throws {
    let zeros = "From: a@b.example\nSubject: x\n\nBefore \0 and behind.\n"
    #expect(try Fixtures.read(zeros, as: "m.eml").text.contains("and behind."))
    let good = { (number: Int) in "From a@b.example Thu Jan  1 00:00:00 2026\nFrom: a@b.example\nSubject: letter \(number)\n\nBody \(number).\n\n" }
    let from = "From b Thu Jan  1 00:00:00 2026\n"
    let mailbox = good(1) + "\(from)\nNo headers here.\n\n" + good(3) + "\(from)\u{1}garbage\n\n" + good(5)
    let letters = try Fixtures.read(mailbox, as: "odd.mbox")
    for words in ["Body 1.", "No headers here.", "Body 3.", "Body 5."] { #expect(letters.text.contains(words), "\(words) of \(letters.text)") }
    var deep = "Content-Type: text/plain\n\nThe deepest words.\n"
    for level in 0..<80 { deep = "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n\(deep)--b\(level)--\n" }
    let nested = try Fixtures.read("From: a@b.example\nSubject: x\nMIME-Version: 1.0\n" + deep, as: "m.eml")
    #expect(nested.omissions.contains { $0.name == "1 parts" }, "\(nested.omissions)")
    let body = "From: a@b.example\nSubject: Apple\n\nThe letter.\n"
    #expect(try Fixtures.read("\(body.utf8.count)   \n\(body)<?xml version=\"1.0\"?><plist/>", as: "1.emlx").text.hasSuffix("The letter."))
  }

  /// A sentence begins with the word that begins a message.
  @Test func aLineOfAMessageThatBeginsWithFrom() throws {
    let text = "Dear all,\n\nFrom the start we knew.\nFrom 10:30 on it burned.\n\nFrom 2026 on it will not.\n\n"
    let head = "From a@b.example Thu Jan  1 00:00:00 2026\nFrom: a@b.example\nSubject: "
    let document = try Fixtures.read("\(head)one\n\n\(text)\(head)two\n\nThe second.\n", as: "a.mbox")
    for words in ["From the start we knew.", "From 10:30 on it burned.", "From 2026 on it will not."] { #expect(document.text.contains(words)) }
    #expect(Set(document.blocks.compactMap { $0.record?.name }) == ["message 1", "message 2"])
  }

  /// Mail names encodings that it does not use.
  @Test(arguments: [
    ("us-ascii", "Ko\u{308}rper".precomposedStringWithCanonicalMapping, String.Encoding.utf8), ("utf-8", "Körper", .isoLatin1),
    ("iso-8859-1", "“5 €”", .windowsCP1252), ("koi8-r", "Привет", nil), ("shift_jis", "日本語", .shiftJIS),
  ]) func charactersOfAMessage(charset: String, words: String, encoding: String.Encoding?) throws {
    let koi8: [UInt8] = [0xF0, 0xD2, 0xC9, 0xD7, 0xC5, 0xD4]
    let body = try encoding.map { try #require(words.data(using: $0)) } ?? Data(koi8)
    let head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=\(charset)\nContent-Transfer-Encoding: 8bit\n\n"
    #expect(try Fixtures.read(Data(head.utf8) + body, as: "m.eml").text.hasSuffix(words))
  }

  /// An attached text is in the encoding that the message names.
  @Test func attachmentsAreInTheirEncoding() throws {
    let words = try #require("Лампа горит.".data(using: .windowsCP1251))
    let head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    let part = "Content-Type: text/plain; charset=windows-1251; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\n"
    let message = Data((head + part).utf8) + words + Data("\n--b--\n".utf8)
    #expect(try Fixtures.read(message, as: "m.eml").text.hasSuffix("Лампа горит."))
  }

  /// A message has no site around it.
  @Test func nothingOfAMessageIsNavigation() throws {
    let head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/html\n\n"
    let body =
      "<table><tr><td class=header>Order 4711<tr><td class=footer><a href=p>Pay</a></table><footer>The Baker</footer><div class=social>Bread</div>"
    #expect(try Fixtures.read(head + body, as: "m.eml").texts.suffix(4) == ["Order 4711", "Pay", "The Baker", "Bread"])
  }

  /// Ids that pandoc makes of headings, captions that it hides, notes, and lines of words that it writes in another way.
  @Test func nothingOfAConvertedDocumentIsTakenForNavigation() throws {
    let tex = #"""
      \documentclass{article}
      \begin{document}
      \section{Navigation}
      By the stars.\footnote{Or the lamp.} It took 50\footnote{Fifty.} days.

      \section{Cookies}
      ``Quoted'' words of the baker.

      The Gr\"o{\ss}e of the third loaf.

      \begin{figure}\includegraphics{loaf.png}\caption{A loaf of bread.}\end{figure}
      \end{document}
      """#
    let document = try Fixtures.read(tex, as: "a.tex")
    #expect(
      document.outline == [
        "h1 3 Navigation", "p 4 By the stars. [1] It took 50 [2] days.", "h1 6 Cookies", "p 7 “Quoted” words of the baker.",
        "p 9 The Größe of the third loaf.", "p 11 A loaf of bread.", "li 4 1. Or the lamp.", "li 11 2. Fifty.",
      ], "\(document.outline)")
  }

  @Test func cellsOfANotebookThatAreForOthers() throws {
    let cells = [
      #"{"cell_type": "raw", "metadata": {}, "source": ["The raw words.\n", "Two lines."]}"#,
      #"{"cell_type": "markdown", "metadata": {}, "source": ["Oil[^1] burns.\n", "\n", "[^1]: Of rape."]}"#,
    ]
    let notebook = #"{"cells": [\#(cells.joined(separator: ","))], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#
    #expect(try Fixtures.read(notebook, as: "a.ipynb").texts == ["The raw words.\nTwo lines.", "Oil [1] burns.", "1. Of rape."])
    let output = #"{"output_type": "display_data", "metadata": {}, "data": {"text/markdown": ["Rape *oil*."], "text/plain": ["<Markdown>"]}}"#
    let stream = #"{"output_type": "stream", "name": "stdout", "text": ["Streamed."]}"#
    let cell = #"{"cell_type": "code", "metadata": {}, "execution_count": 1, "source": ["show()"], "outputs": [\#(output), \#(stream)]}"#
    let shown = #"{"cells": [\#(cell)], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#
    #expect(try Fixtures.read(shown, as: "a.ipynb").texts == ["show()", "Streamed.", "Rape oil."])
  }

  /// Of which pandoc leaves out what stands in macros.
  @Test func pagesInMdocLoseNothing() throws {
    let page = ".Dd May 9, 1911\n.Dt LAMP 8\n.Os\n.Sh NAME\n.Nm lampd\n.Nd keeps the lamp\n.Sh OPTIONS\n.Bl\n.It Fl w Ar width\nOf the wick.\n.El\n"
    let document = try Fixtures.read(page, as: "lampd.8")
    for words in ["lampd", "keeps the lamp", "width", "Of the wick."] { #expect(document.text.contains(words), "\(words) of \(document.text)") }
  }

  @Test func cuesWithoutEmptyLinesBetweenThem() throws {
    let text = "1\n00:00:01,000 --> 00:00:02,000\nHello new\n2\n00:00:03,000 --> 00:00:04,000\n1984\n\n3\n00:00:05,000 --> 00:00:06,000\nEnd.\n"
    let document = try Fixtures.read(text, as: "film.srt")
    #expect(document.blocks.map { document.text(of: $0) } == ["Hello new", "1984", "End."])
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

  /// What Sphinx adds to reStructuredText; a note's heading is the converter's, and stands in no line of the file.
  @Test func declarationsAndRolesWithDomains() throws {
    let text = """
      API
      ===

      .. note::
         Read this.

      .. py:class:: Engine(url)

         Creates it. See :py:meth:`Engine.connect`, :doc:`the guide </guide>` and :func:`plain`.

         .. code-block:: rst

            :py:func:`stays`

      .. class:: Lamp(oil)

      A last note.
      Note this.
      """
    let document = try Fixtures.read(text, as: "a.rst")
    #expect(
      document.texts == [
        "API", "Note", "Read this.", "Engine(url)", "Creates it. See Engine.connect, the guide and plain.", ":py:func:`stays`", "Lamp(oil)",
        "A last note. Note this.",
      ], "\(document.outline)")
    #expect(document.blocks.map { $0.source.lines?.lowerBound } == [1, 4, 5, 7, 9, 13, 15, 17], "\(document.outline)")
  }

  /// Lines of man pages whose parts end in the same words.
  @Test func equalWordsStandInTheirOwnLines() throws {
    let items = (1...9).map { ".TP\n.B \\-x\($0)\nIt is number\($0).\nDefault is 5.\n" }.joined()
    let document = try Fixtures.read(".TH X 1\n.SH NAME\nx - a lamp\n.SH OPTIONS\n\(items)", as: "x.1")
    for number in 1...9 {
      let block = try #require(document.blocks.first { document.text(of: $0).contains("number\(number).") })
      #expect(block.source.lines == (4 * number + 3)...(4 * number + 4))
    }
  }

  /// Code, comments and parts of a document speak of its beginning, which is where definitions go.
  @Test func whereALaTeXDocumentBegins() throws {
    let code = "\\documentclass{article}\n\\begin{document}\nHi\n\\end{document}"
    let chapter = "\\section{A}\n\\begin{verbatim}\n\(code)\n\\end{verbatim}\nThen \\hl{boxed} text.\n"
    let texts = try Fixtures.read(chapter, as: "a.tex").texts
    #expect(texts == ["A", code, "Then boxed text."], "\(texts)")
    let own = "\\input{preamble}\n\\newcommand{\\hl}[2]{#2}\n\\begin{document}\nA \\hl{one}{two} B\n\\end{document}\n"
    #expect(try Fixtures.read(own, as: "a.tex").texts == ["A two B"])
    let comment = "\\documentclass{article}\n% then \\begin{document}\n\\begin{document}\nAn \\hl{old} one\n\\end{document}\n"
    #expect(try Fixtures.read(comment, as: "a.tex").texts == ["An old one"])
  }

  /// What stands in boxes, in captions, and in commands that pandoc does not know; a document's own definitions count before ours.
  @Test func boxesAndCaptionsOfLaTeX() throws {
    let text = #"""
      \documentclass{article}
      \newcommand{\hl}[2]{#1 and #2}
      \begin{document}
      \begin{table}\caption{Yields}\resizebox{\linewidth}{!}{\begin{tabular}{lc} Rye & 40 \\ \end{tabular}}\end{table}

      \begin{figure}\begin{subfigure}{.5\textwidth}\includegraphics{a}\caption{Left}\end{subfigure}\caption{Both}\end{figure}

      \begin{wrapfigure}{r}{.5\textwidth}\includegraphics{a}\caption{Beside}\end{wrapfigure}

      A \fbox{box}, a \framebox[1cm]{frame}, \hl{this}{that}.\todo{Check.}
      \end{document}
      """#
    let document = try Fixtures.read(text, as: "a.tex")
    #expect(document.texts == ["Yields", "Rye | 40", "Left", "Both", "Beside", "A box, a frame, this and that.Check."], "\(document.outline)")
    #expect(document.blocks.map { $0.source.lines } == [4...4, 4...4, 6...6, 6...6, 8...8, 10...10])
    let slides = #"\documentclass{beamer}\begin{document}\begin{frame}{Slide} \only<1>{First} \uncover<2->{second}.\end{frame}\end{document}"#
    #expect(try Fixtures.read(slides, as: "b.tex").text.hasSuffix("First second."))
  }

  /// Text with elements in it is one paragraph, that of neighbours is not; feeds write HTML as text; scripts and pictures are no text.
  @Test func mixedContentOfXML() throws {
    let picture = Data((0..<900).map { UInt8(truncatingIfNeeded: $0 &* 7) }).base64EncodedString()
    let text = """
      <doc>
        <p>Quick <b>fox</b>es, <i>and
        hounds</i>.</p>
        <row note="two words"><name>Tam</name><age>51</age></row>
        <description>&lt;p&gt;A caf&amp;eacute;&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description>
        <outline text="News" type="rss"/><style>p { color: red }</style><binary>\(picture)</binary>
      </doc>
      """
    let document = try Fixtures.read(text, as: "a.xml")
    #expect(document.texts == ["Quick foxes, and hounds.", "note: two words", "Tam", "51", "A café", "text: News"], "\(document.outline)")
    #expect(document.blocks.map { $0.source.lines } == [2...3, 4...4, 4...4, 4...4, 5...5, 6...6], "\(document.outline)")
    #expect(document.blocks[2].context == "row › name")
  }

  /// Signs in code and formulas are no references, and a part of a document may speak of its beginning.
  @Test func codeInConvertedTextStaysAsItIs() throws {
    let rst =
      "Type :code:`List<String>` or :command:`git clone <url>`, see :py:func:`open <io.open>`.\n\nWrite ``:py:func:`open <io.open>` `` for it.\n"
    let texts = try Fixtures.read(rst, as: "a.rst").texts
    #expect(texts[0].contains("List<String>") && texts[0].contains("git clone <url>") && texts[0].hasSuffix("see open."), "\(texts)")
    #expect(texts[1].contains(":py:func:`open <io.open>`"), "\(texts)")
    let tex = "Every file has \\verb|\\begin{document}| in it.\n"
    #expect(try Fixtures.read(tex, as: "a.tex").texts == ["Every file has \\begin{document} in it."])
  }
}
