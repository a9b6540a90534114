import Documents
import Foundation
import Testing

@Suite struct HTMLTests {
  @Test func deepNestingDoesNotOverflow() throws {
    let page = String(repeating: "<div>", count: 10_000) + "deep text" + String(repeating: "</div>", count: 10_000)
    #expect(try Fixtures.read(page, as: "a.html").text == "deep text")
    #expect(throws: DocumentError.self) { try Fixtures.read(String(repeating: "<div>", count: 300_000) + "x", as: "a.html") }
  }

  @Test(arguments: [
    "<div class=\"navheader\">menu</div>", "<div id=\"sidebar\">menu</div>", "<aside>menu</aside>", "<form><p>menu</p></form>",
    "<div role=\"navigation\">menu</div>",
    "<template>menu</template>", "<p hidden>menu</p>", "<div class='toc'>menu</div>", "<div style='display: none'>menu</div>",
    "<header>menu</header>",
    "<!-- menu -->", "<noscript>menu</noscript>",
  ])
  func navigationIsDropped(part: String) throws {
    #expect(try Fixtures.read("<body>\(part)<p>The text.</p></body>", as: "a.html").text == "The text.")
  }

  @Test func aPageOfNothingButContentsIsNotLost() throws {
    #expect(try Fixtures.read("<body><div class=toc><p>Part one</p></div></body>", as: "a.html").text == "Part one")
  }

  @Test func whatStandsBesideASmallMainPartIsNotLost() throws {
    let text = String(repeating: "Words of the page. ", count: 20)
    #expect(try Fixtures.read("<body><main><p>Small.</p></main><p>\(text)</p></body>", as: "a.html").text.hasPrefix("Small.\n\nWords of the page."))
    #expect(try Fixtures.read("<body><main><p>\(text)</p></main><p>Aside.</p></body>", as: "a.html").text.hasSuffix("Words of the page."))
  }

  @Test func aFormAroundThePageIsKept() throws {
    let text = String(repeating: "Words of the page. ", count: 20)
    #expect(
      try Fixtures.read("<body><form id=aspnetForm><h1>Title</h1><p>\(text)</p></form></body>", as: "a.html").text.contains("Words of the page."))
  }

  @Test func aHeaderInsideAnArticleHoldsItsTitle() throws {
    let document = try Fixtures.read("<body><header>Site</header><article><header><h1>Title</h1></header><p>Text.</p></article></body>", as: "a.html")
    #expect(document.texts == ["Title", "Text."])
  }

  @Test func cellsThatReachDownAreRepeated() throws {
    let document = try Fixtures.read(
      "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan=2>x</td><td>1</td></tr><tr><td>2</td></tr></table>", as: "a.html")
    #expect(document.texts == ["a | b", "x | 1", "x | 2"])
    #expect(document.blocks.map(\.context) == [nil, "a | b", "a | b"])
  }

  @Test func entitiesAndSpaces() throws {
    #expect(try Fixtures.read("<p>a&nbsp;&lt;b&gt; \n  c<br>d</p>", as: "a.html").text == "a <b> c\nd")
  }

  /// Titles and headings differ in such spaces only; a header must not repeat them.
  @Test func noBreakSpacesOfTitlesAreSpaces() throws {
    let document = try Fixtures.read("<title>1.\u{A0}Memory</title><h1>1.&nbsp;Memory</h1><p>Text.</p>", as: "a.html")
    #expect(document.title == "1. Memory")
    #expect(document.blocks[1].headingPath == ["1. Memory"])
  }
}
