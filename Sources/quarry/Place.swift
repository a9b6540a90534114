/// Where something stands, as people write it: `path:12–14`, `path p. 3`, `path#record`.
struct Place: CustomStringConvertible {
  var document: String
  var path: String
  var page: Int?
  var lines: [Int]?

  var description: String {
    var place = document == path ? path : "\(path)#\(document)"
    if let page { place += " p. \(page)" }
    if let lines, let first = lines.first, let last = lines.last { place += first == last ? ":\(first)" : ":\(first)–\(last)" }
    return Terminal.printableLine(place)
  }
}
