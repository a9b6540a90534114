/// What a drawing says: text in its shapes, and of a chart its titles and the values that it shows with their names (DrawingML, ECMA-376 part 1, sections
/// 20 and 21).
struct DrawingContent {
  private(set) var paragraphs: [String] = []
  /// Of a chart: the first row names the series; in the others a category stands before its values.
  private(set) var rows: [[String]] = []

  /// What some parts say; one that cannot be read costs itself.
  static func read(_ parts: [String], of package: OfficePackage, omissions: inout [ExtractedDocument.Omission]) -> [DrawingContent] {
    parts.compactMap { part in
      do throws(DocumentError) { return try DrawingContent(package, part) } catch {
        omissions.append(.init(name: part, reason: error.why ?? error.message, isFailure: true))
        return nil
      }
    }
  }

  private struct Series {
    var name = ""
    var categories: [Int: String] = [:]
    var values: [Int: String] = [:]
  }

  /// More than anybody could see; every series has a field in every row.
  private static let seriesLimit = 1000
  private static let valueLimit = 100_000

  init(_ package: OfficePackage, _ part: String) throws(DocumentError) {
    var paragraphs: [String] = []
    var all: [Series] = []
    var (paragraph, value) = (String?.none, String?.none)
    var place = 0
    var (isInSeries, isText) = (false, false)
    var role = ""
    try package.parse(part) { event, _ in
      switch event {
      case .start("ser", _):
        all.append(Series())
        isInSeries = true
      case .end("ser"): isInSeries = false
      case .start("tx", _), .start("cat", _), .start("xVal", _), .start("val", _), .start("yVal", _):
        if case .start(let name, _) = event { role = name }
      case .start("pt", let attributes): place = attributes["idx"].flatMap { Int($0) }.map { max(0, min($0, Self.valueLimit)) } ?? 0
      case .start("v", _): value = ""
      case .start("p", _): paragraph = ""
      case .start("t", _): isText = true
      case .end("t"): isText = false
      case .start("br", _): paragraph?.append(" ")
      case .text(let text):
        if value != nil { value?.append(text) } else if isText { paragraph?.append(text) }
      case .end("p"):
        if let text = paragraph, text.contains(where: { !$0.isWhitespace }) { paragraphs.append(text) }
        paragraph = nil
      case .end("v"):
        guard let text = value else { return }
        value = nil
        guard isInSeries, let last = all.indices.last else { return }
        switch role {
        case "tx": all[last].name = text
        case "cat", "xVal": all[last].categories[place] = text
        default: all[last].values[place] = text
        }
      default: break
      }
    }
    self.paragraphs = paragraphs
    all = Array(all.prefix(Self.seriesLimit))
    let places = Set(all.flatMap(\.values.keys)).sorted().prefix(Self.valueLimit / (all.count + 1))
    guard !places.isEmpty else { return }
    let categories = all.first { !$0.categories.isEmpty }?.categories ?? [:]
    rows = [[""] + all.map(\.name)] + places.map { place in [categories[place] ?? "\(place + 1)"] + all.map { $0.values[place] ?? "" } }
  }
}
