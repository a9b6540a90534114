import Foundation

/// Notebooks in a form of which pandoc (2.17) reads all text: it leaves out cells whose text is for another converter, and output in Markdown.
enum NotebookForm {
  /// - Returns: `nil` if there is nothing to change.
  static func readable(_ data: [UInt8]) -> [UInt8]? {
    guard ["\"raw\"", markdown].contains(where: { data.firstRange(of: $0) != nil }),
      var notebook = try? JSONSerialization.jsonObject(with: Data(data)) as? [String: Any], let cells = notebook["cells"] as? [[String: Any]]
    else { return nil }
    notebook["cells"] = cells.flatMap(readable)
    return (try? JSONSerialization.data(withJSONObject: notebook)).map { Array($0) }
  }

  private static let markdown = "text/markdown"

  /// A raw cell becomes one of code; what a cell puts out in Markdown becomes a cell behind it.
  private static func readable(_ cell: [String: Any]) -> [[String: Any]] {
    if cell["cell_type"] as? String == "raw" {
      return [cell.merging(["cell_type": "code", "outputs": [Any](), "execution_count": NSNull()]) { _, new in new }]
    }
    guard let outputs = cell["outputs"] as? [[String: Any]] else { return [cell] }
    let written = outputs.map { ($0["data"] as? [String: Any])?[markdown] }
    let others = zip(outputs, written).compactMap { output, text in text == nil ? output : nil }
    return [cell.merging(["outputs": others]) { _, new in new }]
      + written.compactMap(\.self).map { ["cell_type": "markdown", "metadata": [String: Any](), "source": $0] }
  }
}
