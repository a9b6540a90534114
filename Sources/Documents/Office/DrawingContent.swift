/// What a drawing says: text in its shapes, and of a chart its titles and the values that it shows with their names (DrawingML, ECMA-376 part 1, sections
/// 20 and 21).
struct DrawingContent {
  private(set) var paragraphs: [String] = []
  /// Of a chart: the first row names the series; in the others a category stands before its values.
  private(set) var rows: [[String]] = []

  /// Names of a chart's series that no cell gives.
  private(set) var ownNames: [String] = []

  /// Whether it has more values than are taken.
  private var isCut = false

  /// What some parts say; one that cannot be read costs itself.
  static func read(
    _ parts: [String], of package: OfficePackage, omissions: inout [ExtractedDocument.Omission]
  ) throws(DocumentError) -> [DrawingContent] {
    var contents: [DrawingContent] = []
    for part in parts {
      let content = try package.sound(part, omissions: &omissions) { () throws(DocumentError) in try DrawingContent(package, part) }
      guard let content else { continue }
      if content.isCut {
        let (values, series) = (max(0, content.rows.count - 1), max(0, (content.rows.first?.count ?? 1) - 1))
        omissions.append(.init(name: part, reason: "only the first \(values) values of \(series) series are read", isFailure: true))
      }
      contents.append(content)
    }
    return contents
  }

  private struct Series {
    var name = ""
    /// By place, from the innermost level of names to the outermost, which has a name where it changes.
    var categories: [[Int: String]] = []
    var values: [Int: String] = [:]
    var sizes: [Int: String] = [:]

    /// What some places, rising, are called.
    func categories(at places: [Int]) -> [String] {
      let outer = categories.dropFirst().map { $0.sorted { $0.key < $1.key } }
      var next = outer.map { _ in 0 }
      return places.map { place in
        var names: [String] = []
        for (level, changes) in outer.enumerated() {
          while next[level] < changes.count, changes[next[level]].key <= place { next[level] += 1 }
          // Each stands before many.
          if next[level] > 0 { names.append(label(changes[next[level] - 1].value.utf8)) }
        }
        names.reverse()
        if let inner = categories.first?[place] { names.append(inner) }
        return names.isEmpty ? "\(place + 1)" : names.joined(separator: " ")
      }
    }

    /// A bubble has its size behind its value.
    func value(at place: Int) -> String { (values[place] ?? "") + (sizes[place].map { " (\($0))" } ?? "") }
  }

  /// More than anybody could see; every series has a field in every row.
  private static let seriesLimit = 1000
  private static let valueLimit = 100_000
  private static let levelLimit = 8

  init(_ package: OfficePackage, _ part: String) throws(DocumentError) {
    var paragraphs: [String] = []
    var all: [Series] = []
    var isCut = false
    var ownNames: [String] = []
    var (paragraph, value, code) = (String?.none, String?.none, String?.none)
    // Of numbers only: `007` may be a name.
    var format: NumberFormat?
    var startsIn1904 = false
    var place = 0
    var isText = false
    var open = OpenElements()
    // Where the series stands among the elements that have begun: what it holds itself says what a value in it is.
    var series = Int?.none
    func take(_ stored: String) {
      let text = format.flatMap { format in Double(stored).map { format.text($0, startsIn1904: startsIn1904) } } ?? stored
      guard let start = series, let last = all.indices.last, open.names.indices.contains(start + 1) else {
        // Titles that a cell gives.
        if open.names.contains("tx"), text.contains(where: { !$0.isWhitespace }) { paragraphs.append(text) }
        return
      }
      guard place < Self.valueLimit else {
        isCut = true
        return
      }
      switch open.names[start + 1] {
      case "tx":
        all[last].name = text
        if open.names.last == "tx" { ownNames.append(text) }
      case "cat", "xVal":
        if all[last].categories.isEmpty { all[last].categories.append([:]) }
        all[last].categories[all[last].categories.count - 1][place] = text
      case "val", "yVal": all[last].values[place] = text
      case "bubbleSize": all[last].sizes[place] = text
      // Labels, error bars and the like show the same again, or something else.
      default: break
      }
    }
    try package.parse(part) { event, _ in
      open.take(event)
      switch event {
      case .start("ser", _):
        let isTaken = all.count < Self.seriesLimit
        if isTaken { all.append(Series()) } else { isCut = true }
        series = isTaken ? open.names.count - 1 : nil
      case .end("ser"): series = nil
      case .start("lvl", _):
        if let last = all.indices.last, series != nil, all[last].categories.count < Self.levelLimit { all[last].categories.append([:]) }
      case .start("pt", let attributes): place = attributes["idx"].flatMap { Int($0) }.map { max(0, min($0, Self.valueLimit)) } ?? 0
      case .start("date1904", let attributes): startsIn1904 = attributes["val"] != "0"
      case .end("numCache"), .end("numLit"): format = nil
      case .start("formatCode", _): code = ""
      case .end("formatCode"):
        format = code.map { NumberFormat($0) }
        code = nil
      case .start("v", _): value = ""
      case .start("p", _): paragraph = ""
      case .start("t", _): isText = true
      case .end("t"): isText = false
      case .start("br", _): paragraph?.append(" ")
      case .text(let text):
        if value != nil { value?.append(text) } else if code != nil { code?.append(text) } else if isText { paragraph?.append(text) }
      case .end("p"):
        if let text = paragraph, text.contains(where: { !$0.isWhitespace }) { paragraphs.append(text) }
        paragraph = nil
      case .end("v"):
        if let text = value { take(text) }
        value = nil
      default: break
      }
    }
    self.paragraphs = paragraphs
    self.ownNames = ownNames
    let every = Set(all.flatMap(\.values.keys)).sorted()
    let places = Array(every.prefix(Self.valueLimit / (all.count + 1)))
    self.isCut = isCut || places.count < every.count
    guard !places.isEmpty else { return }
    let named = all.first { !$0.categories.isEmpty } ?? Series()
    rows = [[""] + all.map(\.name)] + zip(places, named.categories(at: places)).map { place, name in [name] + all.map { $0.value(at: place) } }
  }
}
