import Documents
import Testing

/// What pandoc leaves out of RTF, or miscounts.
@Suite struct RichTextTests {
  /// What fields show, whichever program wrote them.
  @Test func fieldsOfRTF() throws {
    let text = #"""
      {\rtf1\ansi See {\field{\*\fldinst HYPERLINK "https://a.example/\}" }{\fldrslt {\ul the page}}} of {\field\flddirty{\*\fldinst {DATE}}{\fldrslt 1 May}} ({\field{\*\fldinst SEQ}{\b\fldrslt 8}}).\par
      Last {\field{\*\fldinst SEQ}{\fldrslt  9}}.\par}
      """#
    #expect(try Fixtures.read(text, as: "a.rtf").texts == ["See the page of 1 May (8).", "Last 9."])
  }

  /// What stands for a character is skipped, a sign too, however many there are; a pair of numbers is one character.
  @Test(arguments: [
    (#"\uc1 say \u8220?quotes\u8221?. then \u8211?, \u228?rger"#, "say “quotes”. then –, ärger"),
    (#"say \u8220\'93quotes\u8221\'94. \u8221 .\u8221 ?{\b x\u8221?}"#, "say “quotes”. ”\u{201D}x”"),
    (#"\uc0 say \u8220 quotes\u8221 .{\uc2 \u20320\'c4\'e3\u-10179 ??\u-8704??!} \u8221\b0 bold"#, "say “quotes”.你😀! ”bold"),
    (#"\u8220{}quotes\u8221"#, "“quotes”"), (#"a\u55357?b"#, "a\u{FFFD}b"),
  ]) func charactersOfRTFByTheirNumber(rtf: String, text: String) throws {
    #expect(try Fixtures.read("{\\rtf1\\ansi \(rtf)\\par}", as: "a.rtf").texts == [text])
  }

  /// Boxes, of which older programs have a copy of their own, comments, marked notes and tables in cells.
  @Test func whatPandocLeavesOutOfRTF() throws {
    let rtf = #"""
      {\rtf1\ansi Before {\shp{\*\shpinst\shpleft1{\sp{\sn txt}{\sv 1}}{\shptxt \pard Words in a {\b box}.\par And \u8220?more\u8221?.}}{\shprslt{\*\do\dptxbx{\dptxbxtext\pard Words in a box.\par}}}} after.\par
      Old {\*\do\dobxpage{\dptxbxtext\pard An old box.\par}\dpx1} end.\par
      Text{\*\footnote \chftn A marked note.} and{\*\atnid AB}{\*\atnauthor Ann}\chatn{\*\annotation{\*\atnref 1}\pard A comment.} more.\par
      \trowd\cellx100\cellx200 \pard\intbl\itap2 A1\nestcell B1\nestcell{\*\nesttableprops\trowd\cellx50\cellx99\nestrow}{\nonesttables\par}\pard\intbl rest\cell second\cell\row
      \pard last\par}
      """#
    let document = try Fixtures.read(rtf, as: "a.rtf")
    let words = document.texts.joined(separator: "|").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let paragraphs = ["Before after.", "Old end.", "Text [1] and [2] more.", "A1 B1 rest | second", "last"]
    let others = ["Words in a box.", "And “more”.", "An old box.", "1. A marked note.", "2. Comment: A comment."]
    #expect(words == (paragraphs + others).joined(separator: "|"))
  }
}
