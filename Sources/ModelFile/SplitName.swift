import Foundation

/// The name of one part of a model in several files, as llama.cpp's tools give it: `NAME-00002-of-00003.gguf`.
struct SplitName {
  /// Folder and name before the numbers.
  let prefix: String
  /// From 1.
  let number: Int
  let count: Int

  /// `nil` when the path is not of that form.
  init?(path: String) {
    guard let match = path.wholeMatch(of: /(.+)-([0-9]{5})-of-([0-9]{5})\.gguf/.dotMatchesNewlines()), let number = Int(match.2),
      let count = Int(match.3), number >= 1, number <= count
    else { return nil }
    prefix = String(match.1)
    self.number = number
    self.count = count
  }

  /// The path of a part.
  func path(_ number: Int) -> String {
    func digits(_ number: Int) -> String { String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number) }
    return "\(prefix)-\(digits(number))-of-\(digits(count)).gguf"
  }
}
