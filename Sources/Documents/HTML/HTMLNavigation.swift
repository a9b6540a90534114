@preconcurrency import CHTML

/// What surrounds an element of a page.
struct HTMLPlace {
  /// Below `<main>` or `<article>`, where a `<header>` holds the title and not the site's banner.
  var isInsideContent: Bool
  /// Below `<section>`, whose `<header>` is its own.
  var isInsideSection = false
  /// In a banner that is kept because it holds the page's title.
  var isInsideBanner = false
  let keepsForms: Bool
  let keepsContents: Bool
  /// On a page that is a document of another format, or a message, which has nothing of a site around it.
  let isConverted: Bool
}

/// Which parts of a page are the site's and not its own, by the names that sites and generators give them.
///
/// Generators make ids of headings, and much that is called a menu or a header is text: words of everyday language count less than names that nobody
/// would choose by chance.
struct HTMLNavigation {
  /// The elements around a page's title, and the title itself.
  private var titlePath: Set<UnsafePointer<GumboNode>> = []
  /// Whether Doxygen made the page, where `contents` is all that stands below the title.
  private var isOfDoxygen = false
  /// What may still be looked through on the page: boxes may lie in each other.
  private var nodesLeft = 1 << 18

  /// Of a page that has no title to look for.
  init() {}

  /// The title is the only `<h1>`, if it is more than a link home, or what Doxygen makes of it.
  init(root: UnsafePointer<GumboNode>) {
    var headings: [UnsafePointer<GumboNode>] = []
    var pending = [root]
    while !isOfDoxygen, let node = pending.popLast() {
      guard node.pointee.type == GUMBO_NODE_ELEMENT else { continue }
      if Self.isTitleOfDoxygen(node) {
        isOfDoxygen = true
        headings = [node]
      } else if node.pointee.v.element.tag == GUMBO_TAG_H1 {
        headings.append(node)
      }
      pending += HTMLTree.children(of: node).reversed()
    }
    guard headings.count == 1, !Self.isLink(headings[0]) else { return }
    var next: UnsafePointer<GumboNode>? = headings[0]
    while let node = next {
      titlePath.insert(node)
      next = node.pointee.parent.map { UnsafePointer($0) }
    }
  }

  /// Whether an element holds the page's title, or is it: no banner that a page could do without.
  func isAroundTitle(_ node: UnsafePointer<GumboNode>) -> Bool { titlePath.contains(node) }

  /// Whether an element is the site's.
  mutating func contains(_ node: UnsafePointer<GumboNode>, at place: HTMLPlace) -> Bool {
    // Beside the title: what leads to other pages, and to parts of this one.
    if place.isInsideBanner, !isAroundTitle(node), Self.isBox(node.pointee.v.element), isMadeOfLinks(node) { return true }
    return isNamedNavigation(node, at: place)
  }

  private mutating func isNamedNavigation(_ node: UnsafePointer<GumboNode>, at place: HTMLPlace) -> Bool {
    let element = node.pointee.v.element
    guard element.attributes.length > 0, element.tag != GUMBO_TAG_ARTICLE else { return false }
    if let role = HTMLElement.attribute("role", of: element), Self.roles.contains(String(decoding: role, as: UTF8.self)) { return true }
    let classes = HTMLElement.tokens("class", of: element)
    let ids = HTMLElement.tokens("id", of: element)
    if (classes + ids).contains(where: Self.generatorNames.contains) { return true }

    let isBox = Self.isBox(element)
    let isNamedByHeading = !isBox || element.tag == GUMBO_TAG_SECTION || classes.contains("section") || classes.contains("document")
    var mayBeNavigation = false
    for name in classes.map({ "." + $0 }) + (isNamedByHeading ? [] : ids.map { "#" + $0 }) {
      let word = String(name.dropFirst())
      let isBanner = Self.bannerWords.contains(word)
      if isBanner, place.isInsideContent || isAroundTitle(node) || element.tag == GUMBO_TAG_TR { continue }
      let isContents = !place.keepsContents && !(isOfDoxygen && name == ".contents") && Self.contentsWords.contains(word)
      guard isBanner || isContents || Self.words.contains(word) else { continue }
      if isBox, !Self.doubtful.contains(name) { return true }
      mayBeNavigation = true
    }
    return mayBeNavigation && isMadeOfLinks(node)
  }

  /// Whether it would be dropped as the site's banner, did it not hold the title.
  static func isBanner(_ element: GumboElement) -> Bool {
    element.tag == GUMBO_TAG_HEADER
      || isBox(element) && (HTMLElement.tokens("class", of: element) + HTMLElement.tokens("id", of: element)).contains(where: bannerWords.contains)
  }

  /// What may hold a part of a page; all else holds a bit of text.
  private static func isBox(_ element: GumboElement) -> Bool {
    switch element.tag {
    case GUMBO_TAG_DIV, GUMBO_TAG_UL, GUMBO_TAG_OL, GUMBO_TAG_DL, GUMBO_TAG_MENU, GUMBO_TAG_DIR, GUMBO_TAG_TABLE, GUMBO_TAG_ASIDE,
      GUMBO_TAG_SECTION, GUMBO_TAG_HEADER, GUMBO_TAG_FOOTER, GUMBO_TAG_FORM, GUMBO_TAG_ADDRESS, GUMBO_TAG_CENTER, GUMBO_TAG_DETAILS:
      true
    default: false
    }
  }

  /// Links or fields, and less than twenty letters beside each: what leads elsewhere, and not text that has links.
  private mutating func isMadeOfLinks(_ node: UnsafePointer<GumboNode>) -> Bool {
    var pending = [node]
    var linkCount = 0
    var letterCount = 0
    // What is larger is judged by its beginning.
    let end = max(0, nodesLeft - 1000)
    while let node = pending.popLast(), nodesLeft > end {
      nodesLeft -= 1
      if node.pointee.type == GUMBO_NODE_TEXT {
        let text = node.pointee.v.text.original_text
        letterCount += UnsafeRawBufferPointer(start: text.data, count: text.length).count { $0.isLetter || $0.isDigit || $0 >= 0x80 }
      }
      guard node.pointee.type == GUMBO_NODE_ELEMENT else { continue }
      switch node.pointee.v.element.tag {
      case GUMBO_TAG_A where Self.leadsElsewhere(node.pointee.v.element), GUMBO_TAG_INPUT, GUMBO_TAG_SELECT, GUMBO_TAG_TEXTAREA, GUMBO_TAG_BUTTON:
        linkCount += 1
      case GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_NOSCRIPT: break
      default: pending += HTMLTree.children(of: node).reversed()
      }
    }
    return letterCount < 20 * linkCount
  }

  /// Neither an anchor nor somebody's address.
  private static func leadsElsewhere(_ link: GumboElement) -> Bool {
    HTMLElement.attribute("href", of: link).map { !$0.starts(with: "mailto:".utf8) } ?? false
  }

  /// Whether all text lies in links.
  private static func isLink(_ node: UnsafePointer<GumboNode>) -> Bool {
    var pending = [node]
    while let node = pending.popLast() {
      if node.pointee.type == GUMBO_NODE_TEXT { return false }
      if node.pointee.type == GUMBO_NODE_ELEMENT, node.pointee.v.element.tag == GUMBO_TAG_A, leadsElsewhere(node.pointee.v.element) { continue }
      pending += HTMLTree.children(of: node)
    }
    return true
  }

  /// `<div class="headertitle"><div class="title">`: Doxygen writes no `<h1>`.
  static func isTitleOfDoxygen(_ node: UnsafePointer<GumboNode>) -> Bool {
    let element = node.pointee.v.element
    guard element.tag == GUMBO_TAG_DIV, element.attributes.length > 0, let parent = node.pointee.parent, parent.pointee.type == GUMBO_NODE_ELEMENT
    else { return false }
    return HTMLElement.tokens("class", of: element).contains("title")
      && HTMLElement.tokens("class", of: parent.pointee.v.element).contains("headertitle")
  }

  private static let roles: Set<String> = [
    "navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "toolbar", "dialog", "alertdialog", "tablist",
  ]

  /// Tables of contents: read only where a page has nothing else.
  private static let contentsWords: Set<String> = [
    "toc", "table-of-contents", "tableofcontents", "contents", "localtoc", "toctree-wrapper", "minitoc", "page-toc",
  ]

  private static let bannerWords: Set<String> = ["header", "site-header", "page-header", "masthead", "banner", "topbar"]

  /// What is navigation only if it is made of links: lists of dishes, heads of panels, notes of DocBook and bodies of pages are called so.
  private static let doubtful: Set<String> = [".menu", "#menu", ".header", ".page-header", ".sidebar", ".contents", "#contents"]

  /// What people call such parts, which may be the name of a heading or of a class of paragraphs as well.
  private static let words: Set<String> = [
    "nav", "navbar", "navigation", "main-nav", "site-nav", "top-nav", "topnav", "bottomnav", "subnav", "side-nav", "sidenav", "sidebar", "side-bar",
    "menu", "main-menu", "mainmenu", "breadcrumb", "breadcrumbs", "pagination", "pager", "prev-next", "prevnext", "footer", "site-footer",
    "page-footer", "colophon", "cookie-banner", "cookie-notice", "cookie-consent", "cookies", "advert", "advertisement", "ads", "ad-container",
    "share", "sharing", "social", "social-links", "share-buttons", "related", "related-posts", "newsletter", "subscribe", "login-form", "searchbox",
    "search-form", "tablist",
  ]

  /// Class names and ids of the usual generators (DocBook, Sphinx, MediaWiki, MkDocs, Doxygen, WordPress …), and of what is not to be seen.
  private static let generatorNames: Set<String> = [
    "navheader", "navfooter", "nav-header", "nav-footer", "navigation-header", "navigation-footer", "skip-link", "skip-nav", "skip-to-content",
    "skiplink", "screen-reader-text", "sr-only", "visually-hidden", "sphinxsidebar", "sphinxsidebarwrapper", "headerlink", "viewcode-link",
    "rst-footer-buttons", "wy-nav-side", "wy-nav-top", "wy-breadcrumbs", "rst-versions", "md-header", "md-footer", "md-sidebar", "md-tabs",
    "bd-sidebar", "bd-sidebar-primary", "bd-sidebar-secondary", "bd-header", "edit-page-link", "copybtn", "noprint", "mw-editsection",
    "mw-jump-link", "navbox", "vertical-navbox", "catlinks", "mw-navigation", "mw-footer", "printfooter", "sitesub", "jump-to-nav", "titlearea",
    "navpath", "ttc",
  ]
}
