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

  /// Ids that generators make of headings, notes beside the text, and what is a site's own.
  @Test func chaptersOnNavigationAreNone() throws {
    let page = """
      <body><aside>Follow us!</aside><div role="main"><h2 id="menu">Menu</h2><p>Soup.</p>
      <section id="cookies"><h2>Cookies</h2><p>Of oats.</p></section>
      <aside class="footnote"><p>Or rye.</p></aside><aside class="related">Other pages</aside>
      <figure><figcaption aria-hidden="true">A loaf.</figcaption></figure><div id="sidebar">Latest</div></div></body>
      """
    #expect(try Fixtures.read(page, as: "a.html").texts == ["Menu", "Soup.", "Cookies", "Of oats.", "Or rye.", "A loaf."])
  }

  /// A number above the line is none of the number before it.
  @Test func superscriptsStandApart() throws {
    let page = """
      <p>50<sup>1</sup> tons, 10<sup>6</sup>, the 1<sup>st</sup>, CO<sub>2</sub>, m<sup>2</sup>, ash<sup><a href="#n">2</a></sup> and oak<a
      href="#m"><sup>3</sup></a>, elm<sup class="reference"><a href="#c">[4]</a></sup>.</p>
      """
    #expect(try Fixtures.read(page, as: "a.html").text == "50^1 tons, 10^6, the 1st, CO2, m^2, ash [2] and oak [3], elm[4].")
  }

  /// XML ends elements in their own tag, and HTML does not.
  @Test func elementsThatEndInThemselves() throws {
    let head = "<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title/><script src=\"a.js?x='/>'\"/></head>\n<body>"
    let body = "<p>One<a id=\"x\"/>.</p>\n<textarea/><div class=\"sidebar\"/><!-- <p/> --><table><tr><td/><td>Two</td></tr></table>"
    let end = "<script>if (a < b && c > '') x();</script><p><![CDATA[Three & <four>.]]></p></body></html>"
    let document = try Fixtures.read(head + body + end, as: "a.xhtml")
    #expect(document.outline == ["p 3 One.", "row 4  | Two", "p 4 Three & ."], "\(document.outline)")
  }

  /// Marks of quotation that are none of an attribute, and elements that separate.
  @Test func oddTagsOfXHTMLLoseNothing() throws {
    let head = "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body>"
    let odd = "<p class=\"a\"\">A 12\" pipe, and much text.<br/>Rest</p><a title=it's>Words that don't end.<br/>More</a>"
    #expect(try Fixtures.read(head + odd, as: "a.xhtml").text == "A 12\" pipe, and much text.\nRest\n\nWords that don't end.\nMore")
    let apart = "First.<p/>Second.<div class=\"clear\"/>Third.<ul><li/><li>a < b</li></ul>"
    #expect(try Fixtures.read(head + apart, as: "a.xhtml").text.hasPrefix("First.\nSecond.\nThird."))
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

  /// Its title is no heading and stands in the banner, its body is called contents, and neither is to be lost for the sake of the project's name.
  @Test func pagesOfDoxygen() throws {
    let project =
      "<div id=top><div id=titlearea><div id=projectname>Lib <span>1.0</span></div></div><ul class=tablist><li><a href=a>Main</a></ul></div>"
    let header = """
      <div class="header"><div class="summary"><a href="#a">Types</a> | <a href="#b">Members</a></div>
      <div class="headertitle"><div class="title">Lamp Class<div class="ingroups"><a href="g">Lights</a></div></div></div></div>
      """
    let body = "<div class=contents><div class=textblock><p>It <a href=x>burns</a>.</p></div></div><address class=footer>Generated</address>"
    let members = "<div class=contents><table><tr><td><a href=a>burn</a></td><td><a href=b>Lamp</a></td></tr></table></div>"
    for top in [project, "<div id=top></div>"] {
      #expect(try Fixtures.read(top + header + body, as: "a.html").texts == ["Lamp Class", "It burns."])
      #expect(try Fixtures.read(top + header + members, as: "a.html").texts == ["Lamp Class", "burn | Lamp"])
    }
    #expect(try Fixtures.read(header + body, as: "a.html").blocks.last?.headingPath == ["Lamp Class"])
  }

  @Test(arguments: [
    "<div class=page-header><h1>Soup</h1></div>", "<header><h1>Soup</h1></header>", "<section><header><h2>Soup</h2></header></section>",
    "<h2><span class=mw-headline id=Related>Soup</span></h2>", "<dl><dt id=menu>Soup</dl>", "<table><tr id=footer><td>Soup</table>",
    "<p id=cookies>Soup</p>", "<table><tr><td class=header>Soup</table>", "<div class=sidebar><p>Soup</p></div>", "<div class=menu>Soup</div>",
    "<div class=document id=navigation><h1>Soup</h1></div>", "<div id=contents>Soup</div>", "<h2><div>Soup</div></h2>",
  ]) func namesOfNavigationThatAreNone(part: String) throws {
    #expect(try Fixtures.read("<body>\(part)<p>The text.</p></body>", as: "a.html").texts == ["Soup", "The text."])
  }

  @Test(arguments: [
    "<div class=menu><a href=a>One</a></div>", "<ul class=menu><li><a href=a>One</a><li><a href=b>Two</a></ul>",
    "<h1><div class=headerlink>#</div></h1>",
    "<p class=breadcrumbs><a href=a>One</a> &gt; <a href=b>Two</a></p>", "<div class=header>Next: <a href=a>One</a>, up: <a href=b>Two</a></div>",
    "<div class=sidebar><h3>Search</h3><form><input></form></div>", "<header><h1><a href=/>Home</a></h1></header>", "<div class=footer>1911</div>",
    "<details id=toc><summary>Contents</summary><ul><li><a href=#a>One</a></ul></details>", "<div id=header>Site</div>",
  ]) func partsMadeOfLinksAreNavigation(part: String) throws {
    #expect(try Fixtures.read("<body>\(part)<p>The text.</p></body>", as: "a.html").texts == ["The text."])
  }

  /// What stands in a banner with the page's title is read, but for what leads elsewhere.
  @Test func aBannerWithTheTitleIsKept() throws {
    let banner =
      "<div id=header><h1>Lamps</h1><div class=details><span>Jane Doe</span><br><a href=mailto:j@x>j@x</a></div><ul><li><a href=b>Next</a></ul></div>"
    #expect(try Fixtures.read("<body>\(banner)<p>They burn.</p></body>", as: "a.html").texts == ["Lamps", "Jane Doe\nj@x", "They burn."])
  }

  /// Boxes in boxes are not looked through again and again.
  @Test(.timeLimit(.minutes(1))) func doubtHasItsLimit() throws {
    let boxes = String(repeating: "<div class=menu>", count: 2000) + String(repeating: "</div>", count: 2000)
    #expect(try Fixtures.read("<p>Text.</p>" + String(repeating: boxes, count: 50), as: "a.html").texts == ["Text."])
  }

  /// A line of code in a table of data is data; in one that sets numbers of lines or a sign beside it, it is code.
  @Test func codeInTables() throws {
    let data = "<table><tr><th>Name</th><th>Example</th></tr><tr><td>oil</td><td><pre>oil = 4</pre></td></tr></table>"
    let document = try Fixtures.read(data, as: "a.html")
    #expect(document.texts == ["Name | Example", "oil | oil = 4"] && document.blocks[1].context == "Name | Example")
    let listing = "<table><tr><td><pre>1\n2</pre></td><td><pre>oil = 4\nwick = 1</pre></td></tr></table>"
    #expect(try Fixtures.read(listing, as: "a.html").texts == ["1\n2", "oil = 4\nwick = 1"])
    let note = "<table><tr><td rowspan=2></td><th>Tip</th></tr><tr><td><p>Try it:</p><pre>ls</pre></td></tr></table>"
    #expect(try Fixtures.read(note, as: "a.html").texts == ["Tip", "Try it:", "ls"])
  }

  /// Elements of a page's own, and those that are blocks by their style alone.
  @Test func wordsOfElementsStandApart() throws {
    let page = "<my-row><my-cell>oil</my-cell><my-cell>4</my-cell></my-row><p>(<x-ref>wick</x-ref>), <b>w</b>ick</p>"
    #expect(try Fixtures.read(page, as: "a.html").texts == ["oil 4", "(wick), wick"])
    let blocks = "<p><span style='display: block'>oil</span><span style='DISPLAY:block;'>wick</span></p>"
    #expect(try Fixtures.read(blocks, as: "a.html").texts == ["oil", "wick"])
  }

  @Test func whatATabBringsForthIsRead() throws {
    let page = "<div role=tabpanel>oil</div><div role=tabpanel hidden>wick</div><p hidden=until-found>lens</p><p hidden>none</p>"
    #expect(try Fixtures.read(page, as: "a.html").texts == ["oil", "wick", "lens"])
  }

  /// A formula that is written twice is read once, as TeX where that is one of them.
  @Test func formulasAreReadOnce() throws {
    let shown = "<mrow><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></mrow>"
    let tex = "<annotation encoding=\"application/x-tex\">mc^{2}</annotation>"
    let other = "<annotation encoding=\"text/x-other\">m c 2</annotation>"
    let page = "<p>It is <math><semantics>\(shown)\(tex)</semantics></math> or <math><semantics>\(shown)\(other)</semantics></math>.</p>"
    #expect(try Fixtures.read(page, as: "a.html").text == "It is mc^{2} or mc2.")
  }

  @Test func headingsLoseNothing() throws {
    let long = String(repeating: "type() | ", count: 40) + "the end"
    let document = try Fixtures.read(
      "<h2><a>Oil</a></h2><h3><div>\(long)</div></h3><h3>\(long)</h3><h3><div>Wick</div>more</h3><p>Text.</p>", as: "a.html")
    #expect(document.texts == ["Oil", long, long, "Wick", "more", "Text."] && document.blocks[1].kind == .paragraph)
    #expect(document.blocks[1].headingPath.count == 2 && document.blocks[1].headingPath[1].hasPrefix("type()"))
    #expect(document.blocks.map(\.headingPath).suffix(3) == [["Oil"], ["Oil", "Wick"], ["Oil", "Wick"]] && document.title == "Oil")
  }
}
