import Foundation

extension RetrievalComparison {
  /// A page that needs nothing but a browser: the table, a plot of every setting, and of the questions that a setting changed.
  package var html: String {
    let rows = entries.map { entry in
      let m = entry.measures
      let figures = [m.nDCG10, m.recall10, m.recall100, m.reciprocalRank10, m.success1, m.success5, m.success20].map { Self.figure($0) }
      let latency = [m.latency50, m.latency99].map { String(format: "%.1f", $0) }
      let test = entry.test.map { [Self.signed($0.difference), $0.p < 0.001 ? "< .001" : Self.figure($0.p)] } ?? ["", ""]
      return "<tr><th>\(Self.escaped(entry.setting))</th>"
        + (figures.prefix(1) + test + figures.dropFirst() + latency).map { "<td>\($0)</td>" }.joined() + "</tr>"
    }
    // What is asked first stands first, where no screen is too narrow for it.
    let head = ["nDCG@10", "difference", "p", "recall@10", "recall@100", "MRR@10", "success@1", "success@5", "success@20", "ms", "ms, p99"]
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>\(Self.escaped(set)) · Quarry</title>
      <style>
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
      div { overflow-x: auto; } table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; } th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd; }
      th:first-child { text-align: left; } svg { display: block; margin: .5rem 0 2rem; max-width: 100%; } svg text { font: 12px system-ui, sans-serif; fill: #444; }
      p.note { color: #666; }
      </style></head><body>
      <h1>\(Self.escaped(set))</h1>
      <p>\(entries.first?.measures.queries ?? 0) questions with judgements.</p>
      <div><table><tr><th></th>\(head.map { "<th>\($0)</th>" }.joined())</tr>
      \(rows.joined(separator: "\n"))</table></div>
      <p class="note">Differences are of nDCG@10 to the first row; p is the paired randomisation test's (\(PairedTest.roundCount) rounds): below .05 the difference is
      hardly chance.</p>
      <h2>nDCG@10 with 95 % intervals</h2>
      \(intervalPlot)
      <h2>Where the first relevant document stands</h2>
      \(rankPlot)
      \(entries.dropFirst().map(differencePlot).joined(separator: "\n"))
      </body></html>
      """
  }

  private static let colours = ["#3b6ea5", "#c4622d", "#4f8a4c", "#8a5aa0", "#a08a2d", "#2d9aa0"]
  private static let width = 720.0

  /// The mean with 1.96 standard errors to both sides.
  private var intervalPlot: String {
    let labelWidth = 220.0
    func x(_ value: Double) -> Double { labelWidth + min(1, max(0, value)) * (Self.width - labelWidth - 20) }
    var marks = ""
    for tenth in 0...10 {
      let place = x(Double(tenth) / 10)
      marks += "<line x1=\"\(place)\" x2=\"\(place)\" y1=\"0\" y2=\"\(entries.count * 26 + 6)\" stroke=\"#eee\"/>"
      marks += "<text x=\"\(place)\" y=\"\(entries.count * 26 + 20)\" text-anchor=\"middle\">\(Double(tenth) / 10)</text>"
    }
    for (row, entry) in entries.enumerated() {
      let values = entry.measures.ofQueries.map(\.nDCG10)
      let mean = entry.measures.nDCG10
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))
      let reach = 1.96 * (variance / Double(max(1, values.count))).squareRoot()
      let y = Double(row * 26 + 16)
      let colour = Self.colours[row % Self.colours.count]
      marks += "<text x=\"0\" y=\"\(y + 4)\">\(Self.escaped(entry.setting))</text>"
      marks += "<line x1=\"\(x(mean - reach))\" x2=\"\(x(mean + reach))\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"\(colour)\" stroke-width=\"2\"/>"
      marks += "<circle cx=\"\(x(mean))\" cy=\"\(y)\" r=\"5\" fill=\"\(colour)\"><title>\(Self.figure(mean))</title></circle>"
    }
    return Self.svg(height: Double(entries.count * 26 + 28), marks)
  }

  /// The share of questions whose first relevant document is among the first so many.
  private var rankPlot: String {
    let ranks = [1, 2, 3, 5, 10, 20, 50, 100]
    let height = 220.0
    func x(_ index: Int) -> Double { 40 + Double(index) / Double(ranks.count - 1) * (Self.width - 60) }
    func y(_ share: Double) -> Double { height - 24 - share * (height - 40) }
    var marks = ""
    for quarter in 0...4 {
      let share = Double(quarter) / 4
      marks +=
        "<line x1=\"40\" x2=\"\(Self.width - 20)\" y1=\"\(y(share))\" y2=\"\(y(share))\" stroke=\"#eee\"/><text x=\"0\" y=\"\(y(share) + 4)\">\(share)</text>"
    }
    for (index, rank) in ranks.enumerated() { marks += "<text x=\"\(x(index))\" y=\"\(height - 4)\" text-anchor=\"middle\">\(rank)</text>" }
    for (row, entry) in entries.enumerated() {
      let points = ranks.enumerated().map { index, rank in
        let share = Double(entry.measures.ofQueries.count { $0.succeeds(within: rank) }) / Double(max(1, entry.measures.queries))
        return "\(x(index)),\(y(share))"
      }
      marks +=
        "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(Self.colours[row % Self.colours.count])\" stroke-width=\"2\"/>"
    }
    return Self.svg(height: height, marks)
  }

  /// What a setting changed, question by question, the largest losses first.
  private func differencePlot(_ entry: Entry) -> String {
    guard let first = entries.first else { return "" }
    let changes = zip(first.measures.ofQueries, entry.measures.ofQueries).map { ($0.query, $1.nDCG10 - $0.nDCG10) }.filter { $0.1 != 0 }.sorted {
      $0.1 < $1.1
    }
    guard !changes.isEmpty else { return "<h2>\(Self.escaped(entry.setting))</h2><p>No question changed.</p>" }
    let height = 160.0
    let left = 50.0
    let step = (Self.width - left) / Double(changes.count)
    let largest = changes.map { abs($0.1) }.max() ?? 1
    let bars = changes.enumerated().map { index, change in
      let size = abs(change.1) / largest * (height / 2 - 4)
      let top = change.1 > 0 ? height / 2 - size : height / 2
      let colour = change.1 > 0 ? Self.colours[2] : Self.colours[1]
      return """
        <rect x="\(left + Double(index) * step)" y="\(top)" width="\(max(0.5, step * 0.9))" height="\(size)" fill="\(colour)"><title>\(
          Self.escaped(change.0)): \(Self.signed(change.1))</title></rect>
        """
    }
    let axis = """
      <line x1="\(left)" x2="\(Self.width)" y1="\(height / 2)" y2="\(height / 2)" stroke="#888"/>
      <text x="0" y="14">\(String(format: "%+.2f", largest))</text><text x="0" y="\(height / 2 + 4)">0</text>
      <text x="0" y="\(height - 4)">\(String(format: "%+.2f", -largest))</text>
      """
    let (better, worse) = (changes.count { $0.1 > 0 }, changes.count { $0.1 < 0 })
    return """
      <h2>\(Self.escaped(entry.setting)): \(better) questions better, \(worse) worse</h2>
      \(Self.svg(height: height, bars.joined() + axis))
      """
  }

  private static func svg(height: Double, _ marks: String) -> String {
    "<svg viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\">\(marks)</svg>"
  }

  private static func figure(_ value: Double) -> String { String(format: "%.4f", value) }
  private static func signed(_ value: Double) -> String { String(format: "%+.4f", value) }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}
