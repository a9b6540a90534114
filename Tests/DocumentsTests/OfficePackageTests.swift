import Documents
import Foundation
import Testing

/// Documents of office programs that are put together part by part.
@Suite struct OfficePackageTests {
  /// Sections, rows of headings, and cells that others cover, of which pandoc reads nothing.
  @Test func whatPandocLeavesOutOfOpenDocumentIsRead() throws {
    try Fixtures.withTemporaryFolder { folder in
      func cell(_ text: String) -> String { "<table:table-cell><text:p>\(text)</text:p></table:table-cell>" }
      let names = ["office", "text", "table"].map { "xmlns:\($0)=\"urn:oasis:names:tc:opendocument:xmlns:\($0):1.0\"" }.joined(separator: " ")
      let body = """
        <text:section text:name="a"><text:p>In a section.</text:p></text:section>
        <table:table><table:table-header-rows><table:table-row>\(cell("Part"))\(cell("Price"))</table:table-row></table:table-header-rows>
        <table:table-row>\(cell("wick"))\(cell("4 pence"))</table:table-row>
        <table:table-row><table:covered-table-cell/>\(cell("5 pence"))</table:table-row></table:table>
        <text:p>Dear <text:user-field-get text:name="n">Tam</text:user-field-get>, it is <text:date>1 May</text:date>.</text:p>
        <table:table><table:table-rows><table:table-row><table:table-cell><text:list><text:list-item><text:p>oil</text:p></text:list-item>
        <text:list-item><text:p>wick</text:p></text:list-item></text:list></table:table-cell><table:table-cell><table:table><table:table-row>
        \(cell("inner"))</table:table-row></table:table><text:h text:outline-level="2">head</text:h></table:table-cell>\(cell("behind"))</table:table-row>
        </table:table-rows></table:table>
        """
      let content = "<office:document-content \(names)><office:body><office:text>\(body)</office:text></office:body></office:document-content>"
      // Without styles pandoc reads nothing at all.
      let styles = "<office:document-styles \(names)><office:styles/></office:document-styles>"
      let type = "application/vnd.oasis.opendocument.text"
      let path = try Fixtures.package(
        ["mimetype": Data(type.utf8), "content.xml": Data(content.utf8), "styles.xml": Data(styles.utf8)], in: folder, as: "a.odt")
      let document = try DocumentReader().read(path: path)
      #expect(
        document.texts == [
          "In a section.", "Part | Price", "wick | 4 pence", " | 5 pence", "Dear Tam, it is 1 May.", "oil — wick | inner — head | behind",
        ], "\(document.texts)")
    }
  }

  /// A workbook behind a chart does not make a presentation a workbook, and what diagrams and charts say belongs to their slide.
  @Test func aPresentationWithDiagramsChartsAndAWorkbook() throws {
    try Fixtures.withTemporaryFolder { folder in
      func paragraph(_ text: String) -> String { "<a:p><a:r><a:t>\(text)</a:t></a:r></a:p>" }
      func rels(_ targets: [String]) -> Data {
        Data("<Relationships>\(targets.enumerated().map { "<Relationship Id=\"r\($0)\" Target=\"\($1)\"/>" }.joined())</Relationships>".utf8)
      }
      let workbook = try Data(contentsOf: Fixtures.repository.appending(path: "Corpora/formats/log.xlsx"))
      let path = try Fixtures.package(
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

  /// What a cell merged downwards shows belongs to each of its rows.
  @Test func cellsOfASlideMergedDownwards() throws {
    try Fixtures.withTemporaryFolder { folder in
      func cell(_ text: String, _ attribute: String = "") -> String { "<a:tc \(attribute)><a:p><a:r><a:t>\(text)</a:t></a:r></a:p></a:tc>" }
      let rows = [cell("Port") + cell("Depth"), cell("Hull", "rowSpan=\"2\"") + cell("4"), cell("", "vMerge=\"1\"") + cell("5")]
      let table = "<a:tbl>\(rows.map { "<a:tr>\($0)</a:tr>" }.joined())</a:tbl>"
      let path = try Fixtures.package(
        [
          "[Content_Types].xml": "<Types/>",
          "ppt/_rels/presentation.xml.rels": "<Relationships><Relationship Id=\"r0\" Target=\"slides/slide1.xml\"/></Relationships>",
          "ppt/presentation.xml": "<p:presentation xmlns:p=\"p\" xmlns:r=\"r\"><p:sldId r:id=\"r0\"/></p:presentation>",
          "ppt/slides/slide1.xml": "<p:sld xmlns:p=\"p\" xmlns:a=\"a\">\(table)</p:sld>",
        ].mapValues { Data($0.utf8) }, in: folder, as: "a.pptx")
      #expect(try DocumentReader().read(path: path).texts == ["Port: Hull · Depth: 4", "Port: Hull · Depth: 5"])
    }
  }

  /// Boxes, shapes and charts, which pandoc does not read, and shapes on a sheet.
  @Test func whatStandsInDrawingsIsRead() throws {
    try Fixtures.withTemporaryFolder { folder in
      func run(_ text: String) -> String { "<w:r><w:t>\(text)</w:t></w:r>" }
      let box = "<v:textbox><w:txbxContent><w:p><w:r><w:instrText>PAGE</w:instrText></w:r>\(run("Boxed words."))</w:p></w:txbxContent></v:textbox>"
      let twice = "<mc:AlternateContent><mc:Choice>\(box)</mc:Choice><mc:Fallback>\(box)</mc:Fallback></mc:AlternateContent>"
      let body = "<w:p>\(run("Before."))</w:p><w:p><w:r><w:pict>\(twice)</w:pict></w:r></w:p>"
      let document = "<w:document xmlns:w=\"\(Fixtures.word)\" xmlns:v=\"v\" xmlns:mc=\"mc\"><w:body>\(body)</w:body></w:document>"
      let docx = try Fixtures.docx(document, others: ["word/charts/chart1.xml": Data(Self.chart.utf8)], in: folder)
      let texts = try DocumentReader().read(path: docx).texts
      #expect(texts.filter { $0.contains("Boxed words.") }.count == 1 && texts.first == "Before.", "\(texts)")
      #expect(!texts.contains { $0.contains("PAGE") } && texts.suffix(3) == ["Tons a year", "1952 · Rye: 40", "1953 · Rye: 47"], "\(texts)")

      let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>7</v></c></row></sheetData></worksheet>"
      func rels(_ target: String) -> Data { Data("<Relationships><Relationship Id=\"a\" Target=\"\(target)\"/></Relationships>".utf8) }
      let xlsx = try Fixtures.package(
        [
          "[Content_Types].xml": Data("<Types/>".utf8), "xl/_rels/workbook.xml.rels": rels("worksheets/s.xml"),
          "xl/workbook.xml": Data("<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></workbook>".utf8),
          "xl/worksheets/s.xml": Data(sheet.utf8), "xl/worksheets/_rels/s.xml.rels": rels("../drawings/drawing1.xml"),
          "xl/drawings/drawing1.xml": Data("<x:r xmlns:x=\"x\" xmlns:a=\"a\"><a:p><a:r><a:t>A note in a shape</a:t></a:r></a:p></x:r>".utf8),
          "xl/drawings/_rels/drawing1.xml.rels": rels("../charts/chart1.xml"), "xl/charts/chart1.xml": Data(Self.chart.utf8),
        ], in: folder, as: "a.xlsx")
      #expect(try DocumentReader().read(path: xlsx).texts == ["S", "7", "A note in a shape", "Tons a year", "Rye"])
      // A part that is damaged costs itself.
      var damaged = try Data(contentsOf: URL(filePath: xlsx))
      damaged[try #require(damaged.firstRange(of: Data("Tons".utf8))).lowerBound] = UInt8(ascii: "t")
      let rest = try Fixtures.read(damaged, as: "a.xlsx")
      #expect(rest.texts == ["S", "7", "A note in a shape"] && rest.omissions.map(\.name) == ["xl/charts/chart1.xml"], "\(rest)")
      damaged[try #require(damaged.firstRange(of: Data("<v>7".utf8))).lowerBound + 3] = UInt8(ascii: "8")
      let shapes = try Fixtures.read(damaged, as: "a.xlsx")
      #expect(shapes.texts == ["S", "A note in a shape"] && shapes.omissions.map(\.name) == ["xl/worksheets/s.xml", "xl/charts/chart1.xml"])
      #expect(shapes.omissions[0].reason.contains("s.xml in it cannot be read"))
      damaged[try #require(damaged.firstRange(of: Data("A note".utf8))).lowerBound] = UInt8(ascii: "B")
      #expect { try Fixtures.read(damaged, as: "a.xlsx") } throws: {
        ($0 as? DocumentError)?.code == "document_empty" && ($0 as? DocumentError)?.why?.contains("s.xml in it cannot be read") == true
      }
    }
  }

  @Test func commentsAreRead() throws {
    try Fixtures.withTemporaryFolder { folder in
      let body = "<w:body><w:p><w:r><w:t>The contract.</w:t></w:r></w:p></w:body>"
      let comment =
        "<w:comment w:id=\"0\" w:author=\"Agnes\"><w:p><w:r><w:t>Is this</w:t></w:r></w:p><w:p><w:r><w:t>signed?</w:t></w:r></w:p></w:comment>"
      let docx = try Fixtures.docx(
        "<w:document xmlns:w=\"\(Fixtures.word)\">\(body)</w:document>",
        others: ["word/comments.xml": Data("<w:comments xmlns:w=\"\(Fixtures.word)\">\(comment)</w:comments>".utf8)], in: folder)
      #expect(try DocumentReader().read(path: docx).texts == ["The contract.", "Comment by Agnes: Is this signed?"])

      func rels(_ targets: [String]) -> Data {
        let entries = targets.enumerated().map { "<Relationship Id=\"r\($0)\" Target=\"\($1)\"/>" }.joined()
        return Data("<Relationships>\(entries)</Relationships>".utf8)
      }
      var parts = [
        "[Content_Types].xml": Data("<Types/>".utf8), "xl/_rels/workbook.xml.rels": rels(["worksheets/s.xml"]),
        "xl/workbook.xml": Data("<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"r0\"/></sheets></workbook>".utf8),
        "xl/worksheets/s.xml": Data("<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>7</v></c></row></sheetData></worksheet>".utf8),
        "xl/worksheets/_rels/s.xml.rels": rels(["../comments1.xml"]),
        "xl/comments1.xml": Data("<comments><comment ref=\"A1\"><text><r><t>Too</t></r><r><t> few</t></r></text></comment></comments>".utf8),
      ]
      let xlsx = try Fixtures.package(parts, in: folder, as: "a.xlsx")
      #expect(try DocumentReader().read(path: xlsx).texts == ["S", "7", "Comment on A1: Too few"])
      parts["xl/worksheets/_rels/s.xml.rels"] = rels(["../comments1.xml", "../threadedComments/threadedComment1.xml"])
      parts["xl/threadedComments/threadedComment1.xml"] = Data(
        "<ThreadedComments><threadedComment ref=\"A1\"><text>Far too few</text></threadedComment></ThreadedComments>".utf8)
      // The older form of a thread is for older programs; a note is in it alone. Parts may be written in another case.
      parts["xl/Comments1.xml"] = Data(
        "<comments><comment ref=\"A1\"><text><t>[Thread]</t></text></comment><comment ref=\"B2\"><text><t>A note</t></text></comment></comments>".utf8
      )
      parts["xl/comments1.xml"] = nil
      parts["xl/worksheets/_rels/s.xml.rels"] = rels(["../Comments1.xml", "../threadedComments/threadedComment1.xml"])
      let threaded = try Fixtures.package(parts, in: folder, as: "b.xlsx")
      #expect(try DocumentReader().read(path: threaded).texts == ["S", "7", "Comment on A1: Far too few", "Comment on B2: A note"])

      let words = "<p:cmLst xmlns:p=\"p\"><p:cm authorId=\"0\"><p:pos x=\"1\" y=\"1\"/><p:text>A new picture?</p:text></p:cm></p:cmLst>"
      let slide = "<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><p:sp><a:p><a:r><a:t>Harvest</a:t></a:r></a:p></p:sp></p:sld>"
      let pptx = try Fixtures.package(
        [
          "[Content_Types].xml": Data("<Types/>".utf8), "ppt/_rels/presentation.xml.rels": rels(["slides/slide1.xml"]),
          "ppt/presentation.xml": Data("<p:presentation xmlns:p=\"p\" xmlns:r=\"r\"><p:sldId r:id=\"r0\"/></p:presentation>".utf8),
          "ppt/slides/slide1.xml": Data(slide.utf8), "ppt/slides/_rels/slide1.xml.rels": rels(["../comments/comment1.xml"]),
          "ppt/comments/comment1.xml": Data(words.utf8),
        ], in: folder, as: "a.pptx")
      #expect(try DocumentReader().read(path: pptx).texts == ["Harvest", "Comment: A new picture?"])
    }
  }

  /// A chart of OpenDocument is a document of its own in the package, its values a table behind its titles; on a sheet the values are cells as well.
  @Test func chartsOnPagesAndSheetsOfOpenDocument() throws {
    let namespaces = ["office", "table", "text", "draw", "chart"].map { "xmlns:\($0)=\"urn:oasis:names:tc:opendocument:xmlns:\($0):1.0\"" }
    func content(_ body: String) -> Data {
      Data("<o:d xmlns:o=\"o\" xmlns:xlink=\"xlink\" \(namespaces.joined(separator: " "))>\(body)</o:d>".utf8)
    }
    func row(_ texts: String...) -> String {
      "<table:table-row>\(texts.map { "<table:table-cell><text:p>\($0)</text:p></table:table-cell>" }.joined())</table:table-row>"
    }
    let object = "<draw:object xlink:href=\"./Object 1\"/><draw:object xlink:href=\"./Object 2\"/><draw:object xlink:href=\"./Object 3\"/>"
    let rows = row("", "Rye") + row("1952", "40")
    let table = "<table:table table:name=\"local\"><table:table-header-rows>\(rows)</table:table-header-rows></table:table>"
    let chart = content("<office:chart><chart:chart><chart:title><text:p>Tons a year</text:p></chart:title>\(table)</chart:chart></office:chart>")
    let box = "<draw:text-box><text:p>A box</text:p></draw:text-box>"
    let page = "<draw:page draw:name=\"p\"><text:p>Harvest \(box)of rye</text:p>\(object)</draw:page><draw:page>\(object)</draw:page>"
    let sheet = "<table:table table:name=\"S\">\(row("year", "rye"))\(row("1952", "40"))<table:shapes>\(object)</table:shapes></table:table>"
    try Fixtures.withTemporaryFolder { folder in
      func document(_ main: String, as name: String) throws -> ExtractedDocument {
        let parts = ["content.xml": content(main), "Object 1/content.xml": chart, "Object 2/content.xml": Data("<broken".utf8)]
        return try DocumentReader().read(path: Fixtures.package(parts, in: folder, as: name))
      }
      let talk = try document(page, as: "talk.odp")
      #expect(talk.texts == ["A box", "Harvest of rye", "Tons a year", "1952 · Rye: 40", "Tons a year", "1952 · Rye: 40"], "\(talk.texts)")
      #expect(talk.blocks.last?.source.pages == 2...2 && talk.omissions.map(\.name) == Array(repeating: "Object 2/content.xml", count: 2))
      // A comment is none of the cell's value.
      let comment = "<office:annotation><text:p>Is this right?</text:p></office:annotation><text:p>40</text:p>"
      let noted = sheet.replacingOccurrences(of: "<text:p>40</text:p>", with: comment)
      #expect(try document(noted, as: "noted.ods").texts == ["S", "year: 1952 · rye: 40", "Comment: Is this right?", "Tons a year"])
      let book = try document(sheet, as: "book.ods")
      #expect(book.texts == ["S", "year: 1952 · rye: 40", "Tons a year"], "\(book.texts)")
    }
  }

  /// Only what a series itself holds are its name, places and values: labels, error bars and sizes hold values too.
  @Test func aChartsValuesAreNotThoseBesideThem() throws {
    func points(_ values: [(Int, String)]) -> String { values.map { "<c:pt idx=\"\($0.0)\"><c:v>\($0.1)</c:v></c:pt>" }.joined() }
    let title = "<c:title><c:tx><c:strRef><c:strCache>\(points([(0, "Linked title")]))</c:strCache></c:strRef></c:tx></c:title>"
    let name = "<c:tx><c:strRef>\(points([(0, "Rye")]))</c:strRef></c:tx>"
    let label = "<c:dLbls><c:dLbl><c:tx><c:strRef>\(points([(0, "label")]))</c:strRef></c:tx></c:dLbl></c:dLbls>"
    let errors = "<c:errBars><c:plus>\(points([(0, "0.9")]))</c:plus><c:minus><c:val>\(points([(0, "0.8")]))</c:val></c:minus></c:errBars>"
    let months = "<c:lvl>\(points([(0, "Jan"), (1, "Feb"), (2, "Jan")]))</c:lvl><c:lvl>\(points([(0, "2019"), (2, "2020")]))</c:lvl>"
    let categories = "<c:cat><c:multiLvlStrRef><c:multiLvlStrCache>\(months)</c:multiLvlStrCache></c:multiLvlStrRef></c:cat>"
    let values = "<c:val>\(points([(0, "40"), (1, "47"), (2, "52")]))</c:val>"
    let ranges = "<c:extLst><c:ext><c15:datalabelsRange>\(points([(0, "low"), (1, "high")]))</c15:datalabelsRange></c:ext></c:extLst>"
    let sizes = "<c:bubbleSize>\(points([(1, "9001")]))</c:bubbleSize>"
    let series = "<c:ser>\(name)\(label)\(errors)\(categories)\(values)\(sizes)\(ranges)</c:ser>"
    let chart = "<c:chart xmlns:c=\"c\" xmlns:c15=\"c15\">\(title)\(series)</c:chart>"
    // Days are numbers that are shown as dates; a name may stand in the series itself.
    let days = "<c:cat><c:numRef><c:numCache><c:formatCode>d/m/yyyy</c:formatCode>\(points([(0, "45000")]))</c:numCache></c:numRef></c:cat>"
    let shares = "<c:val><c:numRef><c:numCache><c:formatCode>0%</c:formatCode>\(points([(0, "0.25")]))</c:numCache></c:numRef></c:val>"
    let dated = "<c:chart xmlns:c=\"c\"><c:ser><c:tx><c:v>007</c:v></c:tx>\(days)\(shares)</c:ser></c:chart>"
    try Fixtures.withTemporaryFolder { folder in
      let texts = try slides(["../charts/chart1.xml"], ["ppt/charts/chart1.xml": chart], in: folder).texts
      let shown = try slides(["../charts/chart1.xml"], ["ppt/charts/chart1.xml": dated], in: folder).texts
      #expect(shown == ["One", "2023-03-15 · 007: 25%", "Two"], "\(shown)")
      #expect(texts == ["One", "Linked title", "2019 Jan · Rye: 40", "2019 Feb · Rye: 47 (9001)", "2020 Jan · Rye: 52", "Two"], "\(texts)")
    }
  }

  /// A presentation of two slides of a word each, the first with these parts.
  private func slides(_ targets: [String], _ parts: [String: String], in folder: String, changing: (inout Data) throws -> Void = { _ in }) throws
    -> ExtractedDocument
  {
    func rels(_ targets: [String]) -> String {
      "<Relationships>\(targets.enumerated().map { "<Relationship Id=\"r\($0)\" Target=\"\($1)\"/>" }.joined())</Relationships>"
    }
    func slide(_ word: String) -> String { "<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><a:p><a:r><a:t>\(word)</a:t></a:r></a:p></p:sld>" }
    let all = parts.merging([
      "[Content_Types].xml": "<Types/>", "ppt/_rels/presentation.xml.rels": rels(["slides/slide1.xml", "slides/slide2.xml"]),
      "ppt/presentation.xml": "<p:presentation xmlns:p=\"p\" xmlns:r=\"r\"><p:sldId r:id=\"r0\"/><p:sldId r:id=\"r1\"/></p:presentation>",
      "ppt/slides/slide1.xml": slide("One"), "ppt/slides/slide2.xml": slide("Two"), "ppt/slides/_rels/slide1.xml.rels": rels(targets),
    ]) { first, _ in first }
    var data = try Data(contentsOf: URL(filePath: Fixtures.package(all.mapValues { Data($0.utf8) }, in: folder, as: "talk.pptx")))
    try changing(&data)
    return try Fixtures.read(data, as: "talk.pptx")
  }

  /// A slide, its notes and the title are parts like any other.
  @Test func aDamagedSlideCostsItself() throws {
    let core = "<c:p xmlns:c=\"c\" xmlns:dc=\"dc\"><dc:title>Harvests</dc:title></c:p>"
    try Fixtures.withTemporaryFolder { folder in
      for (word, rest, part) in [("Harvests", ["One", "Two"], "docProps/core.xml"), ("Two", ["One"], "ppt/slides/slide2.xml")] {
        let document = try slides([], ["docProps/core.xml": core], in: folder) { data in
          data[try #require(data.firstRange(of: Data(word.utf8))).lowerBound] = UInt8(ascii: "x")
        }
        #expect(document.texts == rest && document.omissions.map(\.name) == [part], "\(document)")
      }
    }
  }

  /// A box in a box, and a note in a shape, stand within a paragraph of the outer one.
  @Test func whatStandsWithinAParagraphOfABoxCostsNoneOfIt() throws {
    func box(_ content: String) -> String { "<w:r><w:pict><v:textbox><w:txbxContent>\(content)</w:txbxContent></v:textbox></w:pict></w:r>" }
    func paragraph(_ content: String) -> String { "<w:p>\(content)</w:p>" }
    func run(_ text: String) -> String { "<w:r><w:t>\(text)</w:t></w:r>" }
    let boxes = paragraph(box(paragraph(run("Outer") + box(paragraph(run("Inner"))) + run("later"))))
    let document = "<w:document xmlns:w=\"\(Fixtures.word)\" xmlns:v=\"v\"><w:body>\(paragraph(run("Body")))\(boxes)</w:body></w:document>"
    let names = ["office", "text", "draw"].map { "xmlns:\($0)=\"urn:oasis:names:tc:opendocument:xmlns:\($0):1.0\"" }.joined(separator: " ")
    let author = "<dc:creator>Jane Doe</dc:creator><dc:date>2020-01-02</dc:date>"
    let note = "<office:annotation xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\(author)<text:p>Noted</text:p></office:annotation>"
    let shape = "<draw:custom-shape><text:p>Before\(note) after</text:p></draw:custom-shape>"
    let text = "<office:body><office:text><text:p>Body \(shape)</text:p></office:text></office:body>"
    try Fixtures.withTemporaryFolder { folder in
      let docx = try Fixtures.docx(document, in: folder)
      let odt = try Fixtures.package(
        [
          "content.xml": Data("<office:document-content \(names)>\(text)</office:document-content>".utf8),
          // Pandoc wants all of these.
          "styles.xml": Data(
            "<office:document-styles \(names)><office:font-face-decls/><office:styles/><office:automatic-styles/><office:master-styles/></office:document-styles>"
              .utf8),
        ], in: folder, as: "a.odt")
      let boxed = try DocumentReader().read(path: docx).text
      for word in ["Body", "Outer", "Inner", "later"] { #expect(boxed.ranges(of: word).count == 1, "\(boxed)") }
      let shaped = try DocumentReader().read(path: odt).text
      for word in ["Body", "Before after", "Noted"] { #expect(shaped.ranges(of: word).count == 1, "\(shaped)") }
      #expect(!shaped.contains("2020"), "\(shaped)")
    }
  }

  /// Word saves "Strict Open XML" too, whose elements have other namespaces.
  @Test func aStrictDocumentIsRead() throws {
    let strict = "http://purl.oclc.org/ooxml"
    let body = "<w:p><w:r><w:t>Rye by the river.</w:t></w:r></w:p>"
    let document = "<w:document xmlns:w=\"\(strict)/wordprocessingml/main\"><w:body>\(body)</w:body></w:document>"
    try Fixtures.withTemporaryFolder { folder in
      let path = try Fixtures.docx(document, relationships: strict + "/officeDocument/relationships", in: folder)
      #expect(try DocumentReader().read(path: path).texts == ["Rye by the river."])
    }
  }

  /// XML in units of two bytes is looked at like any other.
  @Test func partsInUTF16() throws {
    let names = ["office", "table", "text"].map { "xmlns:\($0)=\"urn:oasis:names:tc:opendocument:xmlns:\($0):1.0\"" }.joined(separator: " ")
    let help = "<table:content-validations><table:help-message><text:p>Help</text:p></table:help-message></table:content-validations>"
    let row = "<table:table-row><table:table-cell><text:p>Größe</text:p></table:table-cell></table:table-row>"
    let body = "<office:d \(names)>\(help)<table:table table:name=\"T\"><?x?>\(row)</table:table></office:d>"
    let entities = "<!DOCTYPE d [<!ENTITY b \"y\">]><office:d \(names)><table:table table:name=\"T\">\(row)</table:table></office:d>"
    try Fixtures.withTemporaryFolder { folder in
      for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf32] {
        func read(_ xml: String) throws -> ExtractedDocument {
          let data = try #require("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\(xml)".data(using: encoding))
          return try DocumentReader().read(path: Fixtures.package(["content.xml": data], in: folder, as: "a.ods"))
        }
        let texts = try read(body).texts
        #expect(texts == ["T", "Größe"])
        #expect { try read(entities) } throws: { ($0 as? DocumentError)?.why?.contains("entities") == true }
      }
    }
  }

  /// A text that pandoc refuses for its styles is read without it, in order; one with a password is said to have one.
  @Test func textsOfOpenDocumentThatPandocRefuses() throws {
    let names = ["office", "table", "text", "draw"].map { "xmlns:\($0)=\"urn:oasis:names:tc:opendocument:xmlns:\($0):1.0\"" }.joined(separator: " ")
    func cell(_ content: String) -> String { "<table:table-cell>\(content)</table:table-cell>" }
    func row(_ cells: String...) -> String { "<table:table-row>\(cells.joined())</table:table-row>" }
    func p(_ text: String) -> String { "<text:p>\(text)</text:p>" }
    func h(_ level: Int, _ text: String) -> String { "<text:h text:outline-level=\"\(level)\">\(text)</text:h>" }
    let frame = "<draw:frame><draw:object xlink:href=\"./Object 1\"/><svg:title xmlns:svg=\"s\">A drawing</svg:title></draw:frame>"
    let inner = "<table:table>\(row(cell(p("inner")), cell(p("row"))))</table:table>"
    let rows = row(cell(p("year")), cell(p("sacks"))) + row(cell(p("1952") + inner), cell(p("7"))) + row(cell(p("1953")), cell(p("9")))
    let table = "<table:table table:name=\"T\">\(rows)</table:table>"
    let body = "<text:tracked-changes>\(p("Deleted."))</text:tracked-changes>" + p("Before \(frame)<text:span>it</text:span>.") + h(1, "Mill") + table
    let text = "<office:text>\(body)\(h(2, "Weir"))\(p("After it."))</office:text>"
    let content = "<office:document-content xmlns:xlink=\"x\" \(names)><office:body>\(text)</office:body></office:document-content>"
    let object = "<office:document-content \(names)>\(p("In the object"))</office:document-content>"
    try Fixtures.withTemporaryFolder { folder in
      func read(_ parts: [String: String]) throws -> ExtractedDocument {
        try DocumentReader().read(path: Fixtures.package(parts.mapValues { Data($0.utf8) }, in: folder, as: "a.odt"))
      }
      let document = try read(["content.xml": content, "styles.xml": "<broken", "Object 1/content.xml": object])
      let wanted = ["Before it.", "Mill", "year: 1952 · sacks: 7", "year: 1953 · sacks: 9", "inner · row", "Weir", "After it.", "In the object"]
      #expect(document.texts == wanted, "\(document.texts)")
      #expect(document.blocks.last?.headingPath == ["Mill", "Weir"] && document.format == .odt)
      func manifest(_ part: String) -> String {
        "<m:manifest xmlns:manifest=\"m\" xmlns:m=\"m\"><m:file-entry manifest:full-path=\"\(part)\"><m:encryption-data/></m:file-entry></m:manifest>"
      }
      for (part, name) in [("content.xml", "content.xml"), ("encrypted-package", "encrypted-package")] {
        let error = #expect(throws: DocumentError.self) { try read([name: "\u{1}no XML", "META-INF/manifest.xml": manifest(part)]) }
        #expect(error?.code == "document_encrypted")
      }
      // A program in it may have a password of its own.
      let program = try read(["content.xml": content, "styles.xml": "<broken", "META-INF/manifest.xml": manifest("Basic/Standard/M.xml")])
      #expect(program.texts == wanted.dropLast())
    }
  }

  /// Of a book, pandoc leaves out notes that nothing in their file leads to, pages of titles and what is called HTML.
  @Test func notesOfABookAreRead() throws {
    let container = "<rootfiles><rootfile full-path=\"b.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles>"
    let items = "<item id='a' href='a.xhtml' media-type='application/xhtml+xml'/><item id='b' href='b.html' media-type='text/html'/>"
    let dc = "xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
    let metadata = "<metadata \(dc)><dc:title>Oil</dc:title><dc:identifier id=\"u\">x</dc:identifier><dc:language>en</dc:language></metadata>"
    let others = "<item id=\"c\" href=\"c.xhtml\" media-type=\"application/xhtml+xml\"/>"
    let contents = "<item id=\"d\" properties=\"nav\" href=\"d.xhtml\" media-type=\"application/xhtml+xml\"/>"
    // One is beside the order of reading, one is in none, and one is a list of contents.
    let spine = "<spine><itemref idref=\"a\"/><itemref idref=\"b\" linear=\"no\"/></spine>"
    func page(_ body: String) -> String {
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\"><head><title>t</title></head><body>\(body)</body></html>"
    }
    let first = """
      <section epub:type="titlepage"><p>The title page</p></section><p>One<a epub:type="noteref" href="b.html#n1">1</a> two<a href="#n2">2</a>
      three<a epub:type='noteref' href='#n3'>3</a>.</p><aside id="n2" epub:type="footnote"><p>Second.</p></aside>
      <aside id='n3' epub:type='footnote'><p>Third.</p></aside>
      """
    let second = "<aside epub:type=\"rearnote\" id=\"n1\"><p>First.</p></aside><p epub:type=\"footnote\">Fourth.</p>"
    let parts = [
      "META-INF/container.xml":
        "<container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\">\(container)</container>",
      "b.opf":
        "<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"u\">\(metadata)<manifest>\(items)\(others)\(contents)</manifest>\(spine)</package>",
      "a.xhtml": page(first), "b.html": page(second), "c.xhtml": page("<p>Beside.</p>"), "d.xhtml": page("<p>Contents.</p>"),
    ]
    try Fixtures.withTemporaryFolder { folder in
      let path = try Fixtures.package(parts.mapValues { Data($0.utf8) }, in: folder, as: "a.epub")
      let texts = try DocumentReader().read(path: path).texts
      #expect(texts == ["Oil", "The title page", "One [1] two [2] three [1].", "Second.", "First.", "Fourth.", "Beside.", "1. Third."], "\(texts)")
    }
  }
}
