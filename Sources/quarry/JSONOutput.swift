import Foundation

/// Results for machines: one JSON value on standard output, on one line unless a person is looking.
enum JSONOutput {
  static func write(_ value: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    if Terminal.output.isTerminal { encoder.outputFormatting.insert(.prettyPrinted) }
    do {
      Terminal.write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    } catch {
      preconditionFailure("a result could not be encoded: \(error)")
    }
  }
}
