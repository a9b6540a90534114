import Documents
import Foundation
import Testing

/// Every format's fixture, block by block with its lines.
@Suite struct FormatTests {
  @Test func markdown() throws {
    let document = try Fixtures.read("handbook.md")
    #expect(document.format == .markdown)
    #expect(document.title == "Keeper's Handbook")
    #expect(
      document.outline == [
        "h1 5 Keeping the light",
        "p 7-8 The lamp of Skarn Point burns colza oil. It is lit at dusk⏎and put out at dawn. Each night takes about four litres.",
        "h2 10 Duties",
        "li 12 - Trim the wick every three hours.",
        "li 13 - Polish the lens with chamois.",
        "li 14   - Never use vinegar.",
        "li 15 - [x] Write the log",
        "row 17 Watch | Hours | Keeper",
        "row 19 first | 18 to 22 | Agnes Moor",
        "row 20 middle | 22 to 2 | Tam Reid",
        "h2 22 Signals",
        "code 25-26 def flash(count):⏎    return \"on off \" * count",
        "p 29-30 In fog the bell rings⏎every forty seconds.",
      ])
    #expect(document.blocks[8].context == "Watch | Hours | Keeper")
    #expect(document.blocks[7].context == nil)
    #expect(document.blocks[3].headingPath == ["Keeping the light", "Duties"])
  }

  @Test func html() throws {
    let document = try Fixtures.read("history.html")
    #expect(document.title == "History of Skarn Point")
    #expect(
      document.outline == [
        "h1 12 History",
        "p 13-14 The tower was built in 1841 by Isobel Crane. It stands thirty-eight metres high & leans a little.",
        "h2 15 Keepers",
        "row 17 Keeper | From | To",
        "row 19 Isobel Crane | 1841 | 1860",
        "row 20 Jon Petrie | 1860 | 1899",
        "li 24 Fresnel lens",
        "li 25 A lens of rings, fitted in 1852.",
        "li 28 - First wreck: the Aurora",
        "li 29 - Last wreck: the Minnow",
        "code 32-34   N⏎W + E⏎  S",
      ])
    #expect(document.blocks[4].context == "Keeper | From | To")
    #expect(document.blocks[7].context == "Fresnel lens")
    // The second line of the paragraph is known to be line 14.
    #expect(document.blocks[1].anchors.map(\.source.lines) == [13...13, 14...14])
  }

  @Test func plainText() throws {
    let document = try Fixtures.read("weather.txt")
    #expect(document.title == "Weather at Skarn Point")
    #expect(
      document.outline == [
        "h1 1 Weather at Skarn Point",
        "p 4-5 Gales come from the north-west in winter. The highest wave⏎was measured in 1953: twenty-one metres.",
        "h2 7 Storms",
        "p 10 A storm is called when the wind passes 89 km/h.",
      ])
  }

  @Test func csv() throws {
    let document = try Fixtures.read("supplies.csv")
    #expect(
      document.outline == [
        "row 2 item: colza oil · quantity: 400 · note: in barrels, sealed",
        "row 3 item: wicks · quantity: 60 · note: spare \"long\" ones",
        "row 4-5 item: rope · quantity: 12 · note: two lines of it",
      ])
  }

  @Test func tsv() throws {
    #expect(
      try Fixtures.read("boats.tsv").outline == ["row 2 boat: Heron · length: 9 m · port: Locharn", "row 3 boat: Tern · length: 7 m · port: Balmory"])
  }

  @Test func json() throws {
    let document = try Fixtures.read("station.json")
    #expect(document.title == "Skarn Point")
    #expect(
      document.outline == [
        "record 2-4 name: Skarn Point⏎height: 38⏎automated: false",
        "h1 5 lamp",
        "record 5 fuel: colza oil⏎candela: 125000",
        "h1 6 keepers",
        "record 7 name: Agnes Moor⏎since: 1931⏎watches: first, dawn",
        "record 8 name: Tam Reid⏎since: 1944",
      ])
    #expect(document.blocks.map(\.headingPath) == [[], [], ["lamp"], [], ["keepers"], ["keepers"]])
  }

  @Test func jsonLines() throws {
    #expect(
      try Fixtures.read("log.jsonl").outline == [
        "record 1 date: 1953-01-31⏎entry: Sea over the gallery.", "record 2 date: 1953-02-01⏎entry: Calm. Repaired two panes.",
      ])
  }

  @Test func corpusLinesAreDocumentsOfTheirOwn() throws {
    let document = try Fixtures.read("corpus.jsonl")
    #expect(document.outline == ["record 1 The foghorn was bought in 1877. It sounds in C.", "record 2 Boathouse"])
    #expect(document.blocks.map(\.record) == [RecordIdentity(name: "d1", title: "Foghorn"), RecordIdentity(name: "d2", title: "Boathouse")])
  }

  @Test func python() throws {
    let document = try Fixtures.read("lamp.py")
    #expect(document.blocks.map(\.source.lines) == [1...1, 3...3, 6...7, 10...19, 22...26])
    #expect(document.blocks.allSatisfy { $0.kind == .code })
  }

  @Test func bracedLanguages() throws {
    #expect(try Fixtures.read("bell.swift").blocks.map(\.source.lines) == [1...9, 11...11])
    #expect(try Fixtures.read("pump.c").blocks.map(\.source.lines) == [1...1, 3...4, 6...9])
  }

  @Test func membersOfALongTypeStandBelowItsName() throws {
    let body = (0..<12).map { "  /// Doc \($0).\n  func member\($0)() {\n    if true {\n      print(\"some text that makes it long\")\n    }\n  }\n" }
      .joined(separator: "\n")
    let document = try Fixtures.read("final class Long: Base {\n\(body)}\n\nfunc free() {}\n", as: "long.swift")
    #expect(document.texts[0] == "final class Long: Base {")
    #expect(document.blocks[1].headingPath == ["Long"])
    #expect(document.blocks[1].context == "final class Long: Base")
    #expect(document.texts[1].hasPrefix("  /// Doc 0.\n  func member0() {"))
    #expect(document.blocks[1].source.lines == 2...7)
    #expect(document.texts.last == "func free() {}")
    #expect(document.blocks.last?.headingPath == [])
    #expect(document.blocks.count == 14)
  }

  @Test func pdf() throws {
    let document = try Fixtures.read("survey.pdf")
    #expect(document.title == "Survey of Skarn Point")
    #expect(document.blocks.map(\.source.pages) == [1...1, 2...2])
    // Joined lines, and the word that was cut at a line's end.
    #expect(document.texts[0].contains("by the harbour office"))
    #expect(document.texts[0].contains("the mortar of the gallery"))
    #expect(document.texts[1] == "The stairs have one hundred and ninety-six steps. Two of them were found to be loose and were fixed at once.")
  }

  /// A block that stands in the file as it is gives back its own bytes.
  @Test(arguments: ["weather.txt", "lamp.py", "bell.swift", "pump.c"])
  func byteRangesPointAtTheText(name: String) throws {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: Fixtures.folder + "/" + name)))
    let document = try Fixtures.read(name)
    for block in document.blocks {
      let range = try #require(block.source.byteRange)
      #expect(String(decoding: bytes[range], as: UTF8.self) == document.text(of: block))
    }
  }

  /// A title above the names is no name, years may be names, and behind empty rows another table may begin.
  @Test func namesOfColumns() throws {
    let table = """
      Sales of the harbour
      Region,2022,2023
      North,5,6

      Berth,Length
      A1,12
      B2,30

      Total,42
      """
    #expect(
      try Fixtures.read(table, as: "a.csv").texts == [
        "Sales of the harbour", "Region: North · 2022: 5 · 2023: 6", "Berth: A1 · Length: 12", "Berth: B2 · Length: 30", "Berth: Total · Length: 42",
      ])
    // Rows of words behind a gap are rows.
    #expect(
      try Fixtures.read("name,town\nTam,Fog\n\nAgnes,Moor\nIda,Quay\n", as: "a.csv").texts == [
        "name: Tam · town: Fog", "name: Agnes · town: Moor", "name: Ida · town: Quay",
      ])
    // What a value is called is no column's name; a wider row of words is.
    #expect(
      try Fixtures.read("Account:;DE123\nFrom:;01.02.2024\nDay;Text;Amount\n05.02.2024;Rent;-500\n", as: "a.csv").texts == [
        "Account: · DE123", "From: · 01.02.2024", "Day: 05.02.2024 · Text: Rent · Amount: -500",
      ])
    #expect(try Fixtures.read("Tam,1985\nIda,1990\n", as: "a.csv").texts == ["Tam · 1985", "Ida · 1990"])
    #expect(try Fixtures.read("Intro\nTam\nIda\n", as: "a.csv").texts == ["Intro", "Tam", "Ida"])
    #expect(try Fixtures.read("age\n12\n13\n", as: "a.csv").texts == ["age: 12", "age: 13"])
    #expect(try Fixtures.read("a,b\n1,2\n\nc,d\n", as: "a.csv").texts == ["a: 1 · b: 2", "a: c · b: d"])
  }

  @Test func footnotesOfMarkdownStayWhereTheyAre() throws {
    let text = "Lit at dusk.[^1]\n\n[^1]: https://lamp.example/\n[^two]: Twice\n\n[Link][1] and `[^x]: y`\n\n[1]: https://other.example/\n"
    let document = try Fixtures.read(text, as: "a.md")
    #expect(document.texts == ["Lit at dusk.[^1]", "[^1]: https://lamp.example/\n[^two]: Twice", "Link and [^x]: y"])
    #expect(document.blocks[1].source.lines == 3...4)
  }

  /// Numbers with decimal commas, and the sign that stands between them.
  @Test func commasInNumbersPartNoColumns() throws {
    let rows = (1...8).map { "5\($0),1;1\($0),4" }
    #expect(try Fixtures.read("Breite;Laenge\n" + rows.joined(separator: "\n"), as: "a.csv").texts.first == "Breite: 51,1 · Laenge: 11,4")
    #expect(try Fixtures.read(rows.joined(separator: "\n"), as: "a.csv").texts.first == "51,1 · 11,4")
    #expect(try Fixtures.read("Messwerte\nBreite;Laenge\n" + rows.joined(separator: "\n"), as: "a.csv").texts[1] == "Breite: 51,1 · Laenge: 11,4")
    // Semicolons stand in texts as well.
    #expect(
      try Fixtures.read("1,Anna,Ulm,red; green\n2,Bert,Hof,blue; black\n", as: "a.csv").texts == [
        "1 · Anna · Ulm · red; green", "2 · Bert · Hof · blue; black",
      ])
  }

  /// Dates and ranges are names as well as words; numbers are none, however they are written.
  @Test(arguments: [("2020-01-22", "2020-01-23"), ("18-24", "25-34"), ("01/2024", "02/2024"), ("31.01.2024", "29.02.2024")])
  func datesAndRangesAsNames(first: String, second: String) throws {
    #expect(
      try Fixtures.read("Country,\(first),\(second)\nItaly,0,1\nSpain,2,3\n", as: "a.csv").texts == [
        "Country: Italy · \(first): 0 · \(second): 1", "Country: Spain · \(first): 2 · \(second): 3",
      ])
    let dated = "ACME\nBy,Bob,On,2024-01-05\n\nItem,Jan,Feb,Total\nRent,500,500,1000\n"
    #expect(
      try Fixtures.read(dated, as: "a.csv").texts == ["ACME", "By · Bob · On · 2024-01-05", "Item: Rent · Jan: 500 · Feb: 500 · Total: 1000"])
    #expect(try Fixtures.read("Anna;1.234,50;5\nBert;2.000,00;6\n", as: "a.csv").texts.first == "Anna · 1.234,50 · 5")
  }

  /// A row of words is a row.
  @Test func rowsOfWordsWithinATable() throws {
    let grouped = "Name,Ort,Stand\nAnna,Ulm,3\n\nDora,Hof,offen\nEmil,Bonn,12\n"
    #expect(
      try Fixtures.read(grouped, as: "a.csv").texts.suffix(2) == ["Name: Dora · Ort: Hof · Stand: offen", "Name: Emil · Ort: Bonn · Stand: 12"])
    let gaps = "Name,Ort,Land,Stand,\nAnna,Ulm,DE,3,\n\nDora,,DE,offen,\nEmil,Bonn,DE,12,\n"
    #expect(
      try Fixtures.read(gaps, as: "a.csv").texts.suffix(2) == [
        "Name: Dora · Land: DE · Stand: offen", "Name: Emil · Ort: Bonn · Land: DE · Stand: 12",
      ])
    #expect(try Fixtures.read("1,2,3\n4,5,6\nAnna,Berlin,Chef\nBert,5,\n", as: "a.csv").texts.suffix(2) == ["Anna · Berlin · Chef", "Bert · 5"])
  }

  private static let digests = String(repeating: String(repeating: "0a", count: 32) + " ", count: 20)

  /// What only looks like tags, code or bytes is text.
  @Test(arguments: [
    ("<p>Use the <i>&lt;script&gt;</i> and <i>&lt;p&gt;</i> elements to begin.</p>", ["Use the <script> and <p> elements to begin."]),
    ("<c>keep a &lt;b to the end, and y&gt;z</c>", ["keep a <b to the end, and y>z"]), ("<c>&lt;p&gt;</c>", ["<p>"]),
    ("<c>&lt;p&gt;A &lt;b&gt;bold&lt;/b&gt; word&lt;/p&gt;</c>", ["A bold word"]),
    ("<shop><shirt><style>Slim fit</style><colour>red</colour></shirt></shop>", ["Slim fit", "red"]),
    ("<ids>\(String(repeating: "A1001\n", count: 200))</ids>", [String(repeating: "A1001 ", count: 199) + "A1001"]),
    ("<d><n>one</n><b>\(String(repeating: "iVBORw0KGgo", count: 200))</b></d>", ["one"]),
    ("<d><n>one</n><b>\(String(repeating: "0a9f", count: 400))</b></d>", ["one"]),
    ("<c>One&lt;br&gt;two; if a &lt;b and so on to the end</c>", ["One two; if a <b and so on to the end"]),
    ("<d>First&lt;p&gt;Second&lt;p&gt;Third</d>", ["First Second Third"]),
    ("<d>Text &lt;img src=\"a.png\"&gt; more</d>", ["Text more"]), ("<d><n>one</n><c>&lt;img src=\"a.png\"&gt;</c></d>", ["one"]),
    ("<d>\(Self.digests)end</d>", ["\(Self.digests)end"]),
    ("<d>\(String(repeating: "7", count: 1200))</d>", [String(repeating: "7", count: 1200)]),
  ]) func textOfXMLThatLooksLikeSomethingElse(xml: String, texts: [String]) throws {
    #expect(try Fixtures.read("<?xml version=\"1.0\"?>\n" + xml, as: "a.xml").texts == texts)
  }

  @Test func longNamesInJSONAreWhole() throws {
    let question = String(repeating: "why ", count: 100) + "so?"
    #expect(try Fixtures.read("{\"\(question)\": {\"answer\": \"yes\"}}", as: "a.json").texts.contains(question))
  }

  @Test func subtitlesWithEmptyLinesInCues() throws {
    let text =
      "Film\n\n1\n00:01:02,000 --> 00:01:04,000\nfirst\n\nsecond\n<3:x> 4\n\n2\n00:01:05,000 --> 00:01:06,000\n\n42\n\n3\n00:01:07,000 --> 00:01:08,000\nlast <00:01:07.500>word\n"
    let document = try Fixtures.read(text, as: "a.srt")
    #expect(document.texts == ["Film", "first", "second <3:x> 4", "42", "last word"])
    #expect(document.blocks.map(\.source.lines) == [1...1, 5...5, 7...8, 13...13, 17...17])
    let page = "WEBVTT\n\nNOTE not shown\n\n1\n00:01.000 --> 00:02.000\nshown\n\nSTYLE\na { }\n"
    #expect(try Fixtures.read(page, as: "a.vtt").texts == ["shown"])
  }

  @Test func signsInSubtitlesAreNoTags() throws {
    let text = "1\n00:00:01,000 --> 00:00:02,000\n<i>If</i> a < b and c > d, I <3 you -> x{\\an8}.\n"
    #expect(try Fixtures.read(text, as: "a.srt").texts == ["If a < b and c > d, I <3 you -> x."])
  }

  @Test func titlesAboveATableDoNotHideItsDelimiter() throws {
    let text = "Turnover, all\n\nDay;Text;Amount\n01.02.2024;Rent, May;-500,00\n02.02.2024;Oil;-5,00\n"
    #expect(
      try Fixtures.read(text, as: "a.csv").texts == [
        "Turnover, all", "Day: 01.02.2024 · Text: Rent, May · Amount: -500,00", "Day: 02.02.2024 · Text: Oil · Amount: -5,00",
      ])
  }
}
