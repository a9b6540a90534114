/// Tables of a page, found by how its words stand: rows of short pieces with white columns between them, which run through all of the rows.
///
/// A PDF says nothing of tables, and poppler reads one column by column. What is not sure stays text, as poppler orders it: two columns of prose look like a
/// table with long cells, so that at most one column may be long.
struct PDFTables {
  struct Table {
    /// Cells by column, from 0.
    var rows: [(cells: [(column: Int, text: [UInt8])], box: PageBox)]
    /// The page's lines that it is made of, and how many pieces of each.
    fileprivate var pieceCounts: [Int: Int]
    var hasHeader: Bool

    var lines: Dictionary<Int, Int>.Keys { pieceCounts.keys }
  }

  /// Words of a line that stand together.
  private struct Piece {
    var line: Int
    var box: PageBox
    var text: [UInt8]
    var wordCount: Int
  }

  private struct Row {
    var pieces: [Piece]
    var box: PageBox
  }

  /// Letters' sizes of white that part two cells.
  private static let cellGap = 1.2
  /// Letters' sizes of white that end a table.
  private static let rowGap = 2.5
  /// Words of a lone piece that is no part of a table any more.
  private static let loneWordLimit = 8

  /// Rows that tell whether another one has their columns.
  private static let comparedRowCount = 40
  /// Words of a page that is looked through: more are a drawing, and each row is compared with those before it.
  private static let wordLimit = 10_000

  private(set) var tables: [Table] = []

  /// - Parameter lines: Of a page, in reading order.
  init(_ lines: [PDFLayout.Line]) {
    guard lines.reduce(0, { $0 + $1.words.count }) <= Self.wordLimit else { return }
    let pieces = lines.enumerated().flatMap { Self.pieces(of: $1, number: $0) }
    find(pieces)
    // A line of which the other half is no part of the table stays as it is.
    let counts = Dictionary(pieces.map { ($0.line, 1) }, uniquingKeysWith: +)
    tables.removeAll { table in table.lines.contains { table.pieceCounts[$0] != counts[$0] } }
  }

  private mutating func find(_ pieces: [Piece]) {
    let rows = Self.rows(pieces)
    let columns = Self.columns(rows)
    let contents = columns.map { column in rows.flatMap(\.pieces).filter { Self.column(of: $0, in: columns) == column } }
    // Columns of prose, each of which may have tables of its own.
    if columns.count > 1, contents.allSatisfy(Self.isProse) {
      for content in contents { find(content) }
      return
    }
    for run in Self.runs(rows) {
      if let table = Self.table(run) ?? Self.table(Array(run.dropFirst())) { tables.append(table) }
    }
  }

  private static func pieces(of line: PDFLayout.Line, number: Int) -> [Piece] {
    var pieces: [[PDFLayout.Word]] = []
    for word in line.words {
      if let last = pieces.last?.last, word.box.left - last.box.right < cellGap * min(word.box.height, last.box.height) {
        pieces[pieces.count - 1].append(word)
      } else {
        pieces.append([word])
      }
    }
    return pieces.map { words in
      let piece = PDFLayout.Line(words)
      return Piece(line: number, box: piece.box, text: piece.text, wordCount: words.count)
    }
  }

  /// Pieces that stand side by side, from the top down.
  private static func rows(_ pieces: [Piece]) -> [Row] {
    var rows: [Row] = []
    for piece in pieces.sorted(by: { $0.box.middle < $1.box.middle }) {
      if let last = rows.last?.pieces.last, abs(last.box.middle - piece.box.middle) < 0.5 * min(last.box.height, piece.box.height) {
        rows[rows.count - 1].pieces.append(piece)
        rows[rows.count - 1].box = rows[rows.count - 1].box.union(piece.box)
      } else {
        rows.append(Row(pieces: [piece], box: piece.box))
      }
    }
    for index in rows.indices { rows[index].pieces.sort { $0.box.left < $1.box.left } }
    return rows
  }

  /// Where pieces stand in rows of several; a few that reach over a white column do not close it.
  private static func columns(_ rows: [Row]) -> [ClosedRange<Double>] {
    let several = rows.filter { $0.pieces.count > 1 }
    let tolerated = several.count / 8
    let events = several.flatMap(\.pieces).flatMap { [($0.box.left, 1), (max($0.box.left, $0.box.right), -1)] }
      .sorted { ($0.0, -$0.1) < ($1.0, -$1.1) }
    var columns: [ClosedRange<Double>] = []
    var (depth, start) = (0, 0.0)
    for (place, change) in events {
      if depth <= tolerated, depth + change > tolerated { start = place }
      if depth > tolerated, depth + change <= tolerated { columns.append(start...place) }
      depth += change
    }
    return columns
  }

  /// The column that a piece has most of its width in.
  private static func column(of piece: Piece, in columns: [ClosedRange<Double>]) -> ClosedRange<Double>? {
    columns.max { overlap(piece, $0) < overlap(piece, $1) }
  }

  /// Below zero for what is apart, by how far.
  private static func overlap(_ piece: Piece, _ column: ClosedRange<Double>) -> Double {
    min(piece.box.right, column.upperBound) - max(piece.box.left, column.lowerBound)
  }

  /// Rows that follow each other closely, have several pieces or little text, and share their white columns.
  private static func runs(_ rows: [Row]) -> [[Row]] {
    var runs: [[Row]] = []
    var run: [Row] = []
    func end() {
      // What follows closely may belong to a cell of the last row.
      while run.count > 1, let last = run.last, last.pieces.count < 2, !isClose(last.box, to: run[run.count - 2].box) { run.removeLast() }
      if run.count > 1 { runs.append(run) }
      run = []
    }
    for row in rows {
      if let last = run.last {
        let isNear = row.box.top - last.box.bottom < rowGap * max(row.box.height, last.box.height)
        let isProse = row.pieces.count == 1 && row.pieces[0].wordCount > loneWordLimit
        // Behind a title another table may begin.
        let before = Array(run.suffix(comparedRowCount))
        let isOther = last.pieces.count == 1 && row.pieces.count > 1 && columns(before + [row]).count != columns(before).count
        if !isNear || isProse || isOther { end() }
      }
      if !run.isEmpty || row.pieces.count > 1 { run.append(row) }
    }
    end()
    return runs
  }

  /// As near as lines of one paragraph.
  private static func isClose(_ row: PageBox, to before: PageBox) -> Bool { row.top - before.bottom < 0.8 * row.height }

  private static func isProse(_ pieces: [Piece]) -> Bool {
    guard !pieces.isEmpty else { return false }
    let words = pieces.map(\.wordCount).sorted()[pieces.count / 2]
    let width = pieces.map(\.box.width).max() ?? 0
    let full = pieces.count { $0.box.width >= 0.85 * width }
    return words >= 6 || words >= 4 && full * 2 >= pieces.count
  }

  /// Bullets, and numbers of a list.
  private static func isLabel(_ text: [UInt8]) -> Bool {
    if text.first.map({ $0 >= 0x80 }) == true { return String(decoding: text, as: UTF8.self).count == 1 }
    let core = text.drop { $0 == UInt8(ascii: "(") }
    if core.count == 1 { return !core.allSatisfy { $0.isLetter || $0.isDigit } }
    let isEnded = core.last == UInt8(ascii: ".") || core.last == UInt8(ascii: ")")
    return core.count <= 4 && isEnded && core.dropLast().allSatisfy { $0.isLetter || $0.isDigit }
  }

  private static func table(_ rows: [Row]) -> Table? {
    let columns = columns(rows)
    let several = rows.filter { $0.pieces.count > 1 }
    guard columns.count > 1 else { return nil }
    // A book's index: `Atlas, 24`.
    let indexed = several.flatMap(\.pieces).count { $0.text.last?.isDigit == true && $0.text.contains(UInt8(ascii: ",")) }
    if columns.count == 2, indexed * 2 >= several.reduce(0, { $0 + $1.pieces.count }) { return nil }
    var cells: [CellsOfRow] = rows.map { row in
      (Dictionary(grouping: row.pieces) { piece in column(of: piece, in: columns).flatMap(columns.firstIndex) ?? 0 }, row.box)
    }
    let contents = columns.indices.map { column in cells.flatMap { $0.cells[column] ?? [] } }
    let isLong = contents.map(isProse)
    let shortCount = columns.indices.count { !isLong[$0] && !contents[$0].allSatisfy { isLabel($0.text) } }
    let isFull = several.allSatisfy { $0.pieces.count == columns.count }
    guard shortCount > 1, isLong.count(where: \.self) <= 1, several.count > 2 || several.count == 2 && columns.count > 2 && isFull else { return nil }
    cells = withWrappedLines(cells, columnCount: columns.count)
    // A long cell goes on in the next line.
    if let long = isLong.firstIndex(of: true) {
      for index in cells.indices.dropFirst().reversed() {
        let (row, before) = (cells[index], cells[index - 1])
        guard isClose(row.box, to: before.box), row.cells.count == 1, let more = row.cells[long], before.cells[long] != nil else { continue }
        cells[index - 1].cells[long]? += more
        cells[index - 1].box = before.box.union(row.box)
        cells.remove(at: index)
      }
    }
    while let last = cells.last, last.cells.values.reduce(0, { $0 + $1.count }) < 2 { cells.removeLast() }
    // Lines of verse, or of columns so narrow that no line of theirs is long.
    let texts = cells.flatMap(\.cells.values).joined().map(\.text)
    guard texts.contains(where: { $0.contains(where: \.isDigit) }) || texts.count(where: { $0.first?.isLowercaseLetter == true }) * 2 <= texts.count
    else { return nil }
    let table = cells.map { row in (row.cells.sorted { $0.key < $1.key }.map { (column: $0.key, text: joined($0.value.map(\.text))) }, row.box) }
    return Table(
      rows: table, pieceCounts: Dictionary(cells.flatMap(\.cells.values).joined().map { ($0.line, 1) }, uniquingKeysWith: +),
      hasHeader: hasHeader(table.map(\.0), columnCount: columns.count))
  }

  private typealias CellsOfRow = (cells: [Int: [Piece]], box: PageBox)

  /// Rows of which the cells have several lines: these stand closer to each other than rows do, and those behind the first hold less than it. One such row
  /// may be chance, and where many are as full as those before them, rows stand as close.
  private static func withWrappedLines(_ lines: [CellsOfRow], columnCount: Int) -> [CellsOfRow] {
    let gaps = zip(lines, lines.dropFirst()).map { $1.box.top - $0.box.bottom }
    let sorted = gaps.sorted()
    let height = lines.map(\.box.height).sorted()[lines.count / 2]
    guard columnCount > 2, let jump = sorted.indices.dropLast().first(where: { sorted[$0 + 1] - sorted[$0] >= 0.15 * height }),
      sorted[jump] - sorted[0] < 0.25 * height
    else { return lines }
    var rows: [CellsOfRow] = []
    var wrapped: Set<Int> = []
    var (wrappedCount, fullCount) = (0, 0)
    for (index, line) in lines.enumerated() {
      // A line that is as full as the first, such as one below the names of columns, is a row.
      let isClose = index > 0 && gaps[index - 1] <= sorted[jump]
      guard isClose, var row = rows.last, line.cells.count < row.cells.count else {
        if isClose { fullCount += 1 }
        rows.append(line)
        continue
      }
      // So is a number below another one.
      func isNumber(_ pieces: [Piece]?) -> Bool { pieces?.first?.text.first?.isDigit == true }
      guard line.cells.allSatisfy({ column, pieces in row.cells[column] != nil && !(isNumber(pieces) && isNumber(row.cells[column])) }) else {
        return lines
      }
      row.cells.merge(line.cells) { $0 + $1 }
      row.box = row.box.union(line.box)
      rows[rows.count - 1] = row
      wrapped.insert(rows.count - 1)
      wrappedCount += 1
    }
    return wrapped.count > 1 && rows.count > 2 && fullCount <= 1 + wrappedCount / 4 ? rows : lines
  }

  /// Lines of a cell, a word that was cut at an end whole again.
  private static func joined(_ lines: [[UInt8]]) -> [UInt8] {
    lines.dropFirst().reduce(into: lines.first ?? []) { text, line in
      let isCut = text.last == UInt8(ascii: "-") && text.dropLast().last?.isLowercaseLetter == true && line.first?.isLowercaseLetter == true
      if isCut { text.removeLast() } else { text.append(0x20) }
      text += line
    }
  }

  /// Names stand above every column, and numbers below some of them.
  private static func hasHeader(_ rows: [[(column: Int, text: [UInt8])]], columnCount: Int) -> Bool {
    guard let first = rows.first, first.count == columnCount, columnCount > 2 else { return false }
    let numbered = first.filter { $0.text.contains(where: \.isDigit) }
    let years = numbered.compactMap { Double(String(decoding: $0.text, as: UTF8.self)) }
    guard numbered.isEmpty || years.count == numbered.count && years.count < first.count && TableRows.isRowOfYears(years) else { return false }
    guard first.allSatisfy({ $0.text.last != UInt8(ascii: ":") }) else { return false }
    return (0..<columnCount).contains { column in
      let below = rows.dropFirst().compactMap { row in row.first { $0.column == column }?.text }
      return below.count { $0.contains(where: \.isDigit) } * 2 > below.count
    }
  }
}
