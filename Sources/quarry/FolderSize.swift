import Foundation

/// How much room a folder takes.
enum FolderSize {
  /// Bytes of all files in it.
  static func byteCount(of path: String) -> Int64 {
    guard let files = FileManager.default.enumerator(atPath: path) else { return 0 }
    return files.reduce(0) { total, file in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
      guard attributes?[.type] as? FileAttributeType == .typeRegular else { return total }
      return total + ((attributes?[.size] as? NSNumber)?.int64Value ?? 0)
    }
  }
}
