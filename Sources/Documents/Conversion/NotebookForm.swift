import Foundation

/// Notebooks in a form of which pandoc (2.17) reads all text: it leaves out cells whose text is for another converter.
enum NotebookForm {
  /// - Returns: `nil` if there is nothing to change.
  static func readable(_ data: [UInt8]) -> [UInt8]? {
    guard data.firstRange(of: Array("\"raw\"".utf8)) != nil, var notebook = try? JSONSerialization.jsonObject(with: Data(data)) as? [String: Any],
      let cells = notebook["cells"] as? [[String: Any]]
    else { return nil }
    notebook["cells"] = cells.map { cell in
      guard cell["cell_type"] as? String == "raw" else { return cell }
      return cell.merging(["cell_type": "code", "outputs": [Any](), "execution_count": NSNull()]) { _, new in new }
    }
    return (try? JSONSerialization.data(withJSONObject: notebook)).map { Array($0) }
  }
}
