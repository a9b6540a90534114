import Documents
import Foundation
import Testing

/// Workbooks that are put together part by part.
@Suite struct SpreadsheetTests {
  /// A workbook of one sheet "S".
  ///
  /// - Parameters:
  ///   - sheet: What is in its `worksheet`.
  ///   - part: Where it lies.
  ///   - strings: What its table of shared strings holds, which lies at `stringsPart`.
  private static func xlsx(
    _ sheet: String, part: String = "worksheets/s.xml", strings: String = "", stringsPart: String = "xl/sharedStrings.xml",
    styles: String = "<styleSheet/>", in folder: String
  ) throws -> String {
    let relationships = "<Relationships><Relationship Id=\"b\" Target=\"\(part)\"/></Relationships>"
    let parts = [
      "[Content_Types].xml": "<Types/>", "xl/_rels/workbook.xml.rels": relationships, "xl/\(part)": "<worksheet>\(sheet)</worksheet>",
      "xl/workbook.xml": "<workbook xmlns:d=\"r\"><sheets><sheet name=\"S\" sheetId=\"1\" d:id=\"b\"/></sheets></workbook>",
      stringsPart: "<sst>\(strings)</sst>", "xl/styles.xml": styles,
    ]
    return try Fixtures.package(parts.mapValues { Data($0.utf8) }, in: folder, as: "\(UUID().uuidString).xlsx")
  }

  /// Sheets lie where the workbook says, parts are found however they are capitalised, and what is missing is said.
  @Test(arguments: ["worksheets/s.xml", "sheets/s.xml", "Worksheets/Sheet1.xml", "sheet1.xml"]) func sheetsLieWhereTheWorkbookSays(part: String)
    throws
  {
    try Fixtures.withTemporaryFolder { folder in
      let rows = #"<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row></sheetData>"#
      let strings = "<si><t>harbour</t></si><si><t>lamp</t></si>"
      let whole = try DocumentReader().read(path: Self.xlsx(rows, part: part, strings: strings, stringsPart: "xl/SharedStrings.xml", in: folder))
      #expect(whole.texts == ["S", "harbour · lamp"] && whole.omissions.isEmpty, "\(whole.texts)")
      let halved = try DocumentReader().read(path: Self.xlsx(rows, part: part, strings: "<si><t>harbour</t></si>", in: folder))
      #expect(halved.texts == ["S", "harbour"] && halved.omissions.map(\.reason) == ["1 of its cells refer to texts that are not there"])
    }
  }

  /// A sheet that is named and not there is no sheet that is empty.
  @Test func sheetsThatAreNotThereAreSaid() throws {
    try Fixtures.withTemporaryFolder { folder in
      let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>7</v></c></row></sheetData></worksheet>"
      let targets = "<Relationship Id=\"a\" Target=\"worksheets/s.xml\"/><Relationship Id=\"b\" Target=\"worksheets/gone.xml\"/>"
      let sheets = ["a", "b", "c"].map { "<sheet name=\"\($0)\" r:id=\"\($0)\"/>" }.joined()
      let path = try Fixtures.package(
        [
          "[Content_Types].xml": "<Types/>", "xl/_rels/workbook.xml.rels": "<Relationships>\(targets)</Relationships>", "xl/worksheets/s.xml": sheet,
          "xl/workbook.xml": "<workbook xmlns:r=\"r\"><sheets>\(sheets)</sheets></workbook>",
        ].mapValues { Data($0.utf8) }, in: folder, as: "a.xlsx")
      let document = try DocumentReader().read(path: path)
      #expect(document.texts == ["a", "7"] && document.omissions.map(\.name) == ["sheet c", "xl/worksheets/gone.xml"], "\(document.omissions)")
    }
  }

  /// Cells merged downwards belong to each of their rows; long numbers keep their digits; signs that XML cannot hold are signs again.
  @Test func whatCellsShow() throws {
    try Fixtures.withTemporaryFolder { folder in
      func cell(_ reference: String, _ text: String) -> String { "<c r=\"\(reference)\" t=\"inlineStr\"><is><t>\(text)</t></is></c>" }
      func row(_ number: Int, _ cells: String) -> String { "<row r=\"\(number)\">\(cells)</row>" }
      let sheet =
        "<sheetData>" + row(1, cell("A1", "Keeper") + cell("B1", "Card") + cell("C1", "Note"))
        + row(2, cell("A2", "Tam") + "<c r=\"B2\"><v>4111111111111111</v></c>" + cell("C2", "old_x000D_one"))
        + row(3, cell("B3", "none") + cell("C3", "a_x005F_x000D_b _x12_")) + row(5, cell("B5", "behind"))
        + "</sheetData><mergeCells><mergeCell ref=\"A2:A3\"/><mergeCell ref=\"A1:C1\"/><mergeCell ref=\"A9:A2\"/></mergeCells>"
      let path = try Self.xlsx(sheet, in: folder)
      #expect(
        try DocumentReader().read(path: path).texts == [
          "S", "Keeper: Tam · Card: 4111111111111111 · Note: old one", "Keeper: Tam · Card: none · Note: a_x000D_b _x12_", "Card: behind",
        ])
    }
  }

  /// Foundation's parser crashes at a name that is no UTF-8.
  @Test func namesOfBrokenBytes() throws {
    try Fixtures.withTemporaryFolder { folder in
      let sheet = Data("<worksheet><sheetData><row r=\"1\"><c ".utf8) + [0xC7] + Data("=\"A1\"><v>7</v></c></row></sheetData></worksheet>".utf8)
      let path = try Fixtures.package(
        [
          "[Content_Types].xml": Data("<Types/>".utf8),
          "xl/_rels/workbook.xml.rels": Data("<Relationships><Relationship Id=\"a\" Target=\"worksheets/s.xml\"/></Relationships>".utf8),
          "xl/workbook.xml": Data("<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></workbook>".utf8),
          "xl/worksheets/s.xml": sheet,
        ], in: folder, as: "a.xlsx")
      #expect(try DocumentReader().read(path: path).texts == ["S", "7"])
    }
  }

  /// What would be more cells than there are numbers.
  @Test func mergedCellsWithoutEnd() throws {
    try Fixtures.withTemporaryFolder { folder in
      let rows = #"<sheetData><row r="1"><c r="A1"><v>7</v></c></row><row r="2"><c r="B2"><v>8</v></c></row></sheetData>"#
      let path = try Self.xlsx(rows + "<mergeCells><mergeCell ref=\"A0:A9223372036854775807\"/></mergeCells>", in: folder)
      #expect(try DocumentReader().read(path: path).texts == ["S", "7", "8"])
    }
  }

  /// Units, currencies and zeros before a number are what it means; hours go on beyond a day only where they are counted.
  @Test(arguments: [
    ("00000", "1234", "01234"), ("#,##0.00\\ \"kg\";[Red]-#,##0.00", "12.5", "12.5 kg"), ("[$€-407]\\ #,##0", "-7", "-€ 7"),
    ("\"$\"#,##0.00", "4", "$4"), ("_-* #,##0.00\\ \"€\"_-", "3", "3 €"), ("0.0,,\"M\"", "12500000", "12.5M"), ("General\" m\"", "8", "8 m"),
    ("\"Yes\";\"No\"", "1", "1"), ("@", "5", "5"), ("h:mm", "45000.5", "12:00"), ("[h]:mm", "1.5", "36:00:00"), ("mmm\\-yy", "45000", "2023-03-15"),
    ("0.00E+00", "1500", "1500"), ("0.0%", "0.125", "12.5%"), ("#,##0_);(#,##0)", "1234567", "1234567"), (";;;", "9", "9"),
  ]) func formatsOfNumbers(code: String, value: String, shown: String) throws {
    try Fixtures.withTemporaryFolder { folder in
      let attribute = code.replacingOccurrences(of: "\"", with: "&quot;")
      let styles =
        "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"\(attribute)\"/></numFmts><cellXfs><xf numFmtId=\"170\"/></cellXfs></styleSheet>"
      let sheet = "<sheetData><row r=\"1\"><c r=\"A1\" s=\"0\"><v>\(value)</v></c></row></sheetData>"
      let document = try DocumentReader().read(path: Self.xlsx(sheet, styles: styles, in: folder))
      #expect(document.texts == ["S", shown])
    }
  }

  /// A formula that no program has computed yet stands for itself, and that is said; how a text is read is not part of it.
  @Test func formulasWithoutValues() throws {
    try Fixtures.withTemporaryFolder { folder in
      let cells = """
        <c r="A1" t="inlineStr"><is><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></is></c><c r="B1" t="str"><f>A2&amp;""</f><v></v></c><c r="F1"><f>A2*2</f><v></v></c><c r="C1"><f>SUM(A2:B4)</f></c>
        <c r="D1" t="b"><f>A1&gt;2</f></c><c r="E1"><f>1+1</f><v>2</v></c>
        """
      let document = try DocumentReader().read(path: Self.xlsx("<sheetData><row r=\"1\">\(cells)</row></sheetData>", in: folder))
      #expect(document.texts == ["S", "東京 · =SUM(A2:B4) · =A1>2 · 2 · =A2*2"], "\(document.texts)")
      #expect(document.omissions.map(\.isFailure) == [false] && document.omissions[0].reason.hasPrefix("3 of its formulas"))
    }
  }

  @Test func percentagesAreShownAsSuch() throws {
    try Fixtures.withTemporaryFolder { folder in
      let sheet =
        #"<sheetData><row r="1"><c r="A1" s="1"><v>0.125</v></c><c r="B1" s="2"><v>0.07</v></c><c r="C1" s="3"><v>0.5</v></c></row></sheetData>"#
      let formats = #"<numFmts><numFmt numFmtId="170" formatCode="0.0%"/><numFmt numFmtId="171" formatCode="0&quot;%&quot;"/></numFmts>"#
      let styles = "<styleSheet>\(formats)<cellXfs><xf/><xf numFmtId=\"170\"/><xf numFmtId=\"9\"/><xf numFmtId=\"171\"/></cellXfs></styleSheet>"
      let path = try Self.xlsx(sheet, styles: styles, in: folder)
      #expect(try DocumentReader().read(path: path).texts == ["S", "12.5% · 7% · 0.5%"])
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
        return try Fixtures.package(parts.mapValues { Data($0.utf8) }, in: folder, as: "out.xlsx")
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
      let path = try Fixtures.package(["content.xml": Data(content.utf8)], in: folder, as: "huge.ods")
      let document = try DocumentReader().read(path: path)
      #expect(document.format == .ods && document.text.contains("b · b") && document.faults.isEmpty)
    }
  }
}
