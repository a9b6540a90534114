import Documents
import Foundation

/// What somebody says about a file in another one beside it: `report.pdf.meta.json` is about `report.pdf`. A JSON object whose values are text, numbers,
/// booleans, or lists of them.
struct MetadataFile {
  static let suffix = ".meta.json"
  private static let byteLimit = 1 << 20

  /// The file's content; part of what makes a new version of the document.
  let bytes: Data
  /// Values, as text, by key; none if the file is broken.
  let values: [String: [String]]
  /// Why it is of no use.
  let problem: String?

  /// - Parameters:
  ///   - path: Of the document.
  ///   - root: The folder that is ingested: a link that leads out of it is not followed. Empty for the current one.
  /// - Returns: `nil` if there is no such file.
  init?(of path: String, in root: String) {
    let path = path + Self.suffix
    guard FileStatus(path: path) != nil else { return nil }
    if FileStatus.isLink(path), !(FileStatus.realPath(root.isEmpty ? "." : root).map { FileStatus.leads(path, into: $0) } ?? false) {
      self.init(bytes: Data(), problem: "it is a link that leads out of the folder")
      return
    }
    let bytes: Data
    do throws(DocumentError) {
      let file = try OpenFile(path: path)
      guard file.byteCount <= Self.byteLimit else {
        self.init(bytes: Data(), problem: "it has \(file.byteCount) bytes, the limit is \(Self.byteLimit)")
        return
      }
      bytes = try Data(file.bytes(at: 0, count: Self.byteLimit))
    } catch {
      self.init(bytes: Data(), problem: error.why ?? error.message)
      return
    }
    guard let values = try? JSONDecoder().decode([String: Values?].self, from: bytes) else {
      self.init(bytes: bytes, problem: "it is not a JSON object of texts, numbers, booleans and lists of them")
      return
    }
    // `null` says nothing of a key.
    self.init(bytes: bytes, values: values.compactMapValues { $0?.texts })
  }

  private init(bytes: Data, values: [String: [String]] = [:], problem: String? = nil) {
    self.bytes = bytes
    self.values = values
    self.problem = problem
  }

  /// One value or a list of them.
  private struct Values: Decodable {
    let texts: [String]

    init(from decoder: any Decoder) throws {
      if var list = try? decoder.unkeyedContainer() {
        var texts: [String] = []
        while !list.isAtEnd { if try !list.decodeNil() { texts.append(try list.decode(Value.self).text) } }
        self.texts = texts
      } else {
        texts = [try Value(from: decoder).text]
      }
    }
  }

  private struct Value: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let boolean = try? value.decode(Bool.self) {
        text = boolean ? "true" : "false"
      } else if let number = try? value.decode(Int64.self) {
        text = "\(number)"
      } else if let number = try? value.decode(Double.self) {
        text = "\(number)"
      } else {
        text = try value.decode(String.self)
      }
    }
  }
}
