@preconcurrency import CHTML

/// What the walk does with an element.
enum HTMLRole {
  case dropped
  case inline
  case block
  case heading(Int)
  case list(isOrdered: Bool)
  case listItem
  case term
  case definition
  case preformatted
  case table
  case row
  case cell
  case lineBreak
}

/// Decides by tag, then by the attributes that tell navigation and hidden parts.
enum HTMLElement {
  static func role(of node: UnsafePointer<GumboNode>, at place: HTMLPlace, _ navigation: inout HTMLNavigation) -> HTMLRole {
    let element = node.pointee.v.element
    let tag = element.tag
    let isInsideContent = place.isInsideContent || place.isConverted
    switch tag {
    case GUMBO_TAG_HTML, GUMBO_TAG_BODY, GUMBO_TAG_MAIN: return .block
    case GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_TEMPLATE, GUMBO_TAG_NOSCRIPT, GUMBO_TAG_HEAD, GUMBO_TAG_IFRAME, GUMBO_TAG_OBJECT, GUMBO_TAG_SVG,
      GUMBO_TAG_CANVAS, GUMBO_TAG_AUDIO, GUMBO_TAG_VIDEO, GUMBO_TAG_BUTTON, GUMBO_TAG_SELECT, GUMBO_TAG_TEXTAREA, GUMBO_TAG_INPUT, GUMBO_TAG_DATALIST,
      GUMBO_TAG_NAV, GUMBO_TAG_NOFRAMES:
      return .dropped
    case GUMBO_TAG_FOOTER: if !place.isConverted { return .dropped }
    // HTML 4.3.8: one that lies in no section is the page's.
    case GUMBO_TAG_HEADER: if !isInsideContent, !place.isInsideSection, !navigation.isAroundTitle(node) { return .dropped }
    case GUMBO_TAG_ASIDE: if !isInsideContent, !isNote(element) { return .dropped }
    case GUMBO_TAG_FORM: if !place.keepsForms { return .dropped }
    default: break
    }
    if isHidden(element) || isBackLink(element) || isOtherFormOfFormula(node) { return .dropped }
    if !place.isConverted {
      if navigation.contains(node, at: place) { return .dropped }
      if HTMLNavigation.isTitleOfDoxygen(node) { return .heading(1) }
    }
    switch tag {
    case GUMBO_TAG_H1: return .heading(1)
    case GUMBO_TAG_H2: return .heading(2)
    case GUMBO_TAG_H3: return .heading(3)
    case GUMBO_TAG_H4: return .heading(4)
    case GUMBO_TAG_H5: return .heading(5)
    case GUMBO_TAG_H6: return .heading(6)
    case GUMBO_TAG_UL, GUMBO_TAG_MENU, GUMBO_TAG_DIR: return .list(isOrdered: false)
    case GUMBO_TAG_OL: return .list(isOrdered: true)
    case GUMBO_TAG_LI: return .listItem
    case GUMBO_TAG_DT: return .term
    case GUMBO_TAG_DD: return .definition
    case GUMBO_TAG_PRE, GUMBO_TAG_LISTING, GUMBO_TAG_XMP, GUMBO_TAG_PLAINTEXT: return .preformatted
    case GUMBO_TAG_TABLE: return .table
    case GUMBO_TAG_TR: return .row
    case GUMBO_TAG_TD, GUMBO_TAG_TH: return .cell
    case GUMBO_TAG_BR: return .lineBreak
    case GUMBO_TAG_P, GUMBO_TAG_DIV, GUMBO_TAG_SECTION, GUMBO_TAG_ARTICLE, GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_ADDRESS, GUMBO_TAG_FIGURE,
      GUMBO_TAG_FIGCAPTION, GUMBO_TAG_ASIDE, GUMBO_TAG_FOOTER,
      GUMBO_TAG_SUMMARY, GUMBO_TAG_DETAILS, GUMBO_TAG_FIELDSET, GUMBO_TAG_LEGEND, GUMBO_TAG_CENTER, GUMBO_TAG_HEADER, GUMBO_TAG_FORM, GUMBO_TAG_DL,
      GUMBO_TAG_HR,
      GUMBO_TAG_CAPTION, GUMBO_TAG_HGROUP, GUMBO_TAG_THEAD, GUMBO_TAG_TBODY, GUMBO_TAG_TFOOT, GUMBO_TAG_FRAMESET, GUMBO_TAG_OPTGROUP:
      return .block
    default: return hasStyle(["display:block;"], element) ? .block : .inline
    }
  }

  static func attribute(_ name: String, of element: GumboElement) -> [UInt8]? {
    var attributes = element.attributes
    guard let found = gumbo_get_attribute(&attributes, name), let value = found.pointee.value else { return nil }
    return Array(String(cString: value).utf8)
  }

  private static func isHidden(_ element: GumboElement) -> Bool {
    guard element.attributes.length > 0 else { return false }
    if let hidden = attribute("hidden", of: element) {
      // A tab brings it forth, or a search in the page (HTML 6.1).
      return attribute("role", of: element) != Array("tabpanel".utf8) && hidden != Array("until-found".utf8)
    }
    // Pandoc marks a caption so that is the picture's description as well.
    if element.tag != GUMBO_TAG_FIGCAPTION, attribute("aria-hidden", of: element) == Array("true".utf8) { return true }
    return hasStyle(["display:none", "visibility:hidden", "font-size:0;", "opacity:0;"], element)
  }

  private static func hasStyle(_ styles: [String], _ element: GumboElement) -> Bool {
    guard element.attributes.length > 0, let style = attribute("style", of: element) else { return false }
    let plain = String(decoding: style.filter { !$0.isWhiteSpace }.map { $0.isUppercaseLetter ? $0 + 32 : $0 }, as: UTF8.self)
    return styles.contains { (plain + ";").contains($0) }
  }

  /// An element that the page defines, of which only its program knows how it stands (HTML 4.13).
  static func isCustom(_ element: GumboElement) -> Bool {
    guard element.tag == GUMBO_TAG_UNKNOWN, element.tag_namespace == GUMBO_NAMESPACE_HTML else { return false }
    return name(of: element).contains(UInt8(ascii: "-"))
  }

  /// Of a formula that is written twice, for the eye and as TeX, the former: on one line, its fractions and powers would be other numbers
  /// (MathML 3, 5.1).
  private static func isOtherFormOfFormula(_ node: UnsafePointer<GumboNode>) -> Bool {
    guard node.pointee.v.element.tag_namespace == GUMBO_NAMESPACE_MATHML, let parent = node.pointee.parent,
      parent.pointee.type == GUMBO_NODE_ELEMENT, isNamed("semantics", parent.pointee.v.element)
    else { return false }
    func isTeX(_ node: UnsafePointer<GumboNode>) -> Bool {
      node.pointee.type == GUMBO_NODE_ELEMENT && isNamed("annotation", node.pointee.v.element)
        && attribute("encoding", of: node.pointee.v.element) == Array("application/x-tex".utf8)
    }
    let element = node.pointee.v.element
    if isNamed("annotation", element) || isNamed("annotation-xml", element) { return !isTeX(node) }
    // The formula, and it once more in one or two other forms.
    let children = parent.pointee.v.element.children
    return (0..<min(8, Int(children.length))).contains { index in
      children.data[index].map { isTeX(UnsafePointer($0.assumingMemoryBound(to: GumboNode.self))) } ?? false
    }
  }

  /// As the page writes it: for elements that Gumbo has no tag for.
  private static func name(of element: GumboElement) -> UnsafeRawBufferPointer {
    var tag = element.original_tag
    gumbo_tag_from_original_text(&tag)
    return UnsafeRawBufferPointer(start: tag.data, count: tag.length)
  }

  private static func isNamed(_ name: String, _ element: GumboElement) -> Bool { Self.name(of: element).elementsEqual(name.utf8) }

  static func tokens(_ name: String, of element: GumboElement) -> [String] {
    (attribute(name, of: element) ?? []).split(whereSeparator: \.isWhiteSpace).map { String(decoding: $0, as: UTF8.self).lowercased() }
  }

  /// Notes and the like, which belong to the text beside them.
  private static func isNote(_ element: GumboElement) -> Bool {
    guard element.attributes.length > 0 else { return false }
    return (tokens("class", of: element) + tokens("role", of: element)).contains(where: noteNames.contains)
  }

  private static let noteNames: Set<String> = [
    "note", "doc-footnote", "doc-endnote", "doc-tip", "doc-notice", "footnote", "footnotes", "admonition", "topic", "tip", "warning", "caution",
    "important", "danger", "hint", "example",
  ]

  /// From a note to the place that it belongs to.
  private static func isBackLink(_ element: GumboElement) -> Bool {
    element.tag == GUMBO_TAG_A && element.attributes.length > 0 && tokens("role", of: element).contains("doc-backlink")
  }

  /// Whether an element is a mark that leads to a note: a link in superscript, either way round.
  static func isNoteMark(_ superscript: UnsafePointer<GumboNode>) -> Bool {
    func isLink(_ node: UnsafePointer<GumboNode>) -> Bool { node.pointee.type == GUMBO_NODE_ELEMENT && node.pointee.v.element.tag == GUMBO_TAG_A }
    if let parent = superscript.pointee.parent, isLink(parent) { return true }
    return HTMLTree.children(of: superscript).contains(where: isLink)
  }
}
