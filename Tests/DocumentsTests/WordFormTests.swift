import Documents
import Foundation
import Testing

/// What pandoc leaves out of texts of Word.
@Suite struct WordFormTests {
  private static func read(_ body: String) throws -> ExtractedDocument {
    try Fixtures.withTemporaryFolder { folder in
      let names = "xmlns:w=\"\(Fixtures.word)\" xmlns:v=\"urn:schemas-microsoft-com:vml\""
      return try DocumentReader().read(path: Fixtures.docx("<w:document \(names)><w:body>\(body)</w:body></w:document>", in: folder))
    }
  }

  private static func run(_ text: String) -> String { "<w:r><w:t xml:space=\"preserve\">\(text)</w:t></w:r>" }
  private static func paragraph(_ content: String) -> String { "<w:p>\(content)</w:p>" }
  private static func cell(_ text: String, _ properties: String = "") -> String { "<w:tc>\(properties)\(paragraph(run(text)))</w:tc>" }
  private static func row(_ cells: String...) -> String { "<w:tr>\(cells.joined())</w:tr>" }

  /// Fields, custom XML, readings above a text and tables without a grid, of which pandoc reads nothing.
  @Test func whatPandocLeavesOutOfWordIsRead() throws {
    try Fixtures.withTemporaryFolder { folder in
      func run(_ text: String) -> String { "<w:r><w:t>\(text)</w:t></w:r>" }
      func cell(_ text: String) -> String { "<w:tc><w:p>\(run(text))</w:p></w:tc>" }
      let ruby = "<w:r><w:ruby><w:rubyPr/><w:rt>\(run("かんじ"))</w:rt><w:rubyBase>\(run("漢字"))</w:rubyBase></w:ruby></w:r>"
      let body = """
        <w:p><w:r><w:t xml:space="preserve">Table </w:t></w:r><w:fldSimple w:instr=" SEQ a > b ">\(run("7"))</w:fldSimple>\(run(": oil"))</w:p>
        <w:p><w:customXml w:element="name">\(run("The keeper"))</w:customXml></w:p><w:p>\(ruby)</w:p>
        <w:tbl><w:tr>\(cell("Part"))\(cell("Price"))</w:tr><w:tr>\(cell("wick"))\(cell("4 pence"))</w:tr></w:tbl>
        """
      let path = try Fixtures.docx("<w:document xmlns:w=\"\(Fixtures.word)\"><w:body>\(body)</w:body></w:document>", in: folder)
      let document = try DocumentReader().read(path: path)
      #expect(document.texts == ["Table 7: oil", "The keeper", "漢字（かんじ）", "Part | Price", "wick | 4 pence"], "\(document.texts)")
    }
  }

  /// Grids that are too short, or say nothing of widths, and rows that begin behind the first column.
  @Test(arguments: [
    "<w:tblGrid/>", "<w:tblGrid><w:gridCol w:w=\"100\"/></w:tblGrid>", "<w:tblGrid><w:gridCol/><w:gridCol/><w:gridCol/></w:tblGrid>",
    "<w:tblGrid><w:gridCol w:w=\"1\"/><w:tblGridChange w:id=\"0\"><w:tblGrid><w:gridCol w:w=\"1\"/></w:tblGrid></w:tblGridChange></w:tblGrid>",
  ]) func allCellsOfTables(grid: String) throws {
    let inner = "<w:tbl>\(grid)\(Self.row(Self.cell("in"), Self.cell("side")))</w:tbl>"
    let span = "<w:tcPr><w:gridSpan w:val=\"2\"/></w:tcPr>"
    let table = """
      <w:tbl><w:tblPr/>\(grid)\(Self.row(Self.cell("Part"), Self.cell("Price"), Self.cell("Stock")))
      \(Self.row(Self.cell("wick"), Self.cell("4 pence, all", span)))
      <w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>\(Self.cell("5 pence"))\(Self.cell("7"))</w:tr></w:tbl>
      """
    let document = try Self.read(table + Self.paragraph(Self.run("Then.")) + inner)
    #expect(document.texts == ["Part | Price | Stock", "wick | 4 pence, all", " | 5 pence | 7", "Then.", "in | side"], "\(document.texts)")
  }

  /// Directions, signs of fonts, tabs and line ends of other kinds, and text along a curve.
  @Test func wordsInOtherElements() throws {
    func sign(_ font: String, _ code: String) -> String { "<w:r><w:sym w:font=\"\(font)\" w:char=\"\(code)\"/></w:r>" }
    let directions = "<w:dir w:val=\"rtl\">\(Self.run("in dir"))</w:dir><w:bdo w:val=\"ltr\">\(Self.run(" in bdo"))</w:bdo>"
    let tab = "<w:r><w:ptab w:relativeTo=\"margin\" w:alignment=\"right\"/></w:r>"
    let body =
      Self.paragraph(Self.run("x ") + directions)
      + Self.paragraph(sign("Wingdings", "F0FE") + Self.run(" done "))
      + Self.paragraph(sign("Symbol", "F061") + sign("Wingdings 2", "0052") + sign("Arial", "2714"))
      + Self.paragraph(Self.run("a") + tab + Self.run("b") + "<w:r><w:cr/></w:r>" + Self.run("c"))
      + Self.paragraph("<w:r><w:pict><v:shape><v:textpath string=\"Curved &amp; long\"/></v:shape></w:pict></w:r>")
    func plain(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    let texts = try Self.read(body).texts.map(plain)
    #expect(texts == ["x in dir in bdo", "☑ done", "α☑✔", "a b c", "Curved & long"])
  }

  /// What was chosen in a form stands in no run.
  @Test func choicesInForms() throws {
    func mark(_ kind: String, _ data: String = "") -> String { "<w:r><w:fldChar w:fldCharType=\"\(kind)\">\(data)</w:fldChar></w:r>" }
    func field(_ code: String, _ data: String, shown: String = "") -> String {
      let instructions = "<w:r><w:instrText> \(code) </w:instrText></w:r>"
      let end = "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
      return mark("begin", "<w:ffData><w:name w:val=\"n\"/>\(data)</w:ffData>") + instructions + mark("separate") + shown + end
    }
    func list(_ result: String) -> String {
      "<w:ddList>\(result)<w:listEntry w:val=\"Small\"/><w:listEntry w:val=\"Large &amp; heavy\"/></w:ddList>"
    }
    func box(_ state: String) -> String { field("FORMCHECKBOX", "<w:checkBox><w:sizeAuto/>\(state)</w:checkBox>") }
    let body =
      Self.paragraph(
        Self.run("Size: ") + field("FORMDROPDOWN", list("<w:result w:val=\"1\"/>")) + Self.run(", or ") + field("FORMDROPDOWN", list("")))
      + Self.paragraph(
        box("<w:default w:val=\"0\"/><w:checked/>") + Self.run(" yes ") + box("<w:default w:val=\"0\"/>") + Self.run(" no ")
          + box("<w:default w:val=\"1\"/><w:checked w:val=\"0\"/>") + Self.run(" perhaps"))
      + Self.paragraph(Self.run("Name: ") + field("FORMTEXT", "<w:textInput/>", shown: Self.run("Agnes")))
    #expect(try Self.read(body).texts == ["Size: Large & heavy, or Small", "☒ yes ☐ no ☐ perhaps", "Name: Agnes"])
  }
}
