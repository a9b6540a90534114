extension String {
  /// Whether two paths are the same file's. Letters that look the same may be written in two ways (Unicode's canonical equivalence), which makes
  /// strings equal to Swift, and two files to the system.
  package func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
