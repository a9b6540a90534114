extension String {
  /// Whether two paths are the same file's. Letters that look the same may be written in two ways (Unicode's canonical equivalence), which makes
  /// strings equal to Swift, and two files to the system.
  package func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

/// A path as a key: by its bytes (`hasBytes`), which stay where the path has them.
package struct PathKey: Hashable, Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  package static func == (a: PathKey, b: PathKey) -> Bool { a.path.hasBytes(of: b.path) }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(path.utf8.count)
    for byte in path.utf8 { hasher.combine(byte) }
  }
}
