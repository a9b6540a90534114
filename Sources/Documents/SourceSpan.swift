/// Where a stretch of extracted text stands in the file it came from.
package struct SourceSpan: Hashable, Sendable, Codable {
  /// Bytes of the file on disk; `nil` where the format has no such thing (PDF).
  package var byteRange: Range<Int>?
  /// Lines of the file, counted from 1; `nil` where the format has none (PDF).
  package var lines: ClosedRange<Int>?
  /// Pages, counted from 1; `nil` for formats without pages.
  package var pages: ClosedRange<Int>?
  /// Where on the first of the pages it stands; `nil` where that is not known.
  package var box: PageBox?

  package init(byteRange: Range<Int>? = nil, lines: ClosedRange<Int>? = nil, pages: ClosedRange<Int>? = nil, box: PageBox? = nil) {
    self.byteRange = byteRange
    self.lines = lines
    self.pages = pages
    self.box = box
  }

  /// The smallest span that covers both.
  package func union(_ other: SourceSpan) -> SourceSpan {
    SourceSpan(
      byteRange: merge(byteRange, other.byteRange) { min($0.lowerBound, $1.lowerBound)..<max($0.upperBound, $1.upperBound) },
      lines: merge(lines, other.lines) { min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound) },
      pages: merge(pages, other.pages) { min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound) },
      box: boxOfFirstPage(other)
    )
  }

  private func boxOfFirstPage(_ other: SourceSpan) -> PageBox? {
    guard let page = pages?.lowerBound, let otherPage = other.pages?.lowerBound else { return box ?? other.box }
    if page != otherPage { return page < otherPage ? box : other.box }
    return merge(box, other.box) { $0.union($1) }
  }
}

/// Combines two optional ranges; one that is missing adds nothing.
private func merge<R>(_ a: R?, _ b: R?, _ combine: (R, R) -> R) -> R? {
  guard let a else { return b }
  guard let b else { return a }
  return combine(a, b)
}
