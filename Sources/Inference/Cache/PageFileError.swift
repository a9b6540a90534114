import Diagnostics

/// Why keys and values cannot be kept on disk. The engine works without.
package struct PageFileError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static func open(_ path: String, _ reason: String) -> PageFileError {
    PageFileError(
      code: "kv_disk", message: "could not open \(path) to keep keys and values", why: reason,
      remedy: "see to it that the folder can be written, or do without (--kv-disk 0)")
  }

  static func inUse(_ path: String) -> PageFileError {
    PageFileError(code: "kv_disk_in_use", message: "\(path) is in use", why: "another process keeps its keys and values there", remedy: nil)
  }
}
