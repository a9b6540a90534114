import Foundation

/// One of the two output streams, and what the terminal behind it can show.
struct Terminal {
  enum Style: String {
    case bold = "1", dim = "2", red = "31", green = "32", yellow = "33", cyan = "36"
  }

  static let output = Terminal(descriptor: STDOUT_FILENO)
  static let error = Terminal(descriptor: STDERR_FILENO)

  let isTerminal: Bool
  /// Colours only on a terminal that has them, and not when `NO_COLOR` is set (no-color.org).
  let hasColor: Bool
  private let descriptor: Int32

  private init(descriptor: Int32) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
    let environment = ProcessInfo.processInfo.environment
    hasColor = isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  /// Columns of the terminal; 80 when it does not say.
  var width: Int {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  func style(_ text: String, _ style: Style) -> String {
    hasColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  static func write(_ text: String) { output.write(text) }
  static func writeError(_ text: String) { error.write(text) }

  /// Writes all of it; ends the process quietly when the reader has gone, as a pipe's writer should.
  private func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        } else if errno != EINTR {
          exit(errno == EPIPE ? 0 : 1)
        }
      }
    }
  }

  /// Text from documents, made safe to print: control characters could move the cursor or change the title.
  static func printable(_ text: some StringProtocol) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 == "\n" || $0 == "\t" || !($0.properties.generalCategory == .control) }))
  }

  /// The same for what has to stay on its line, a file's name for one: line breaks are written as `\n`.
  static func printableLine(_ text: some StringProtocol) -> String {
    String(printable(text).flatMap { $0.isNewline ? Array("\\n") : [$0] })
  }
}
