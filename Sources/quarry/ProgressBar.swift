import Foundation

/// Progress of long work on standard error: a bar with rate and time left on a terminal, plain lines now and then otherwise.
struct ProgressBar {
  private let label: String
  private let isQuiet: Bool
  private let start = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?

  init(label: String, isQuiet: Bool) {
    self.label = label
    self.isQuiet = isQuiet
  }

  /// - Parameters:
  ///   - fraction: Of the work that is done, 0…1.
  ///   - detail: Counts and rates, shown after the bar.
  mutating func show(fraction: Double, detail: String) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    let interval: Duration = Terminal.error.isTerminal ? .milliseconds(100) : .seconds(10)
    if let lastDrawn, lastDrawn.duration(to: now) < interval, fraction < 1 { return }
    // The first line of a log comes after an interval too: short work prints none.
    if lastDrawn == nil, !Terminal.error.isTerminal, start.duration(to: now) < interval { return }
    lastDrawn = now
    let line = Self.line(
      label: label, fraction: fraction, detail: detail, elapsedSeconds: start.duration(to: now) / .seconds(1),
      width: Terminal.error.isTerminal ? Terminal.error.width : nil)
    Terminal.writeError(Terminal.error.isTerminal ? "\r\u{1B}[K" + line : line + "\n")
  }

  /// Takes the bar away, so that what is printed next begins on a clean line.
  func clear() {
    if !isQuiet, Terminal.error.isTerminal, lastDrawn != nil { Terminal.writeError("\r\u{1B}[K") }
  }

  /// - Parameter width: Columns of the terminal; `nil` for a plain line without a bar.
  static func line(label: String, fraction: Double, detail: String, elapsedSeconds: Double, width: Int?) -> String {
    let fraction = min(max(fraction, 0), 1)
    let percent = "\(Int(fraction * 100))%"
    let left = fraction > 0.01 && fraction < 1 ? ", " + duration(elapsedSeconds * (1 - fraction) / fraction) + " left" : ""
    guard let width else { return "\(label) \(percent) \(detail)\(left)" }
    let cells = 24
    let filled = Int(fraction * Double(cells))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
    return String("\(label) \(bar) \(percent) \(detail)\(left)".prefix(width - 1))
  }

  /// `42 s`, `3 min 5 s`, `2 h 10 min`.
  static func duration(_ seconds: Double) -> String {
    let seconds = Int(min(seconds, 1e9).rounded(.up))
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
  }
}
