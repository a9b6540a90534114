import Diagnostics

/// Why a file was not written, or is not trusted.
package struct DurableFileError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  package static func writing(_ path: String, _ action: String, _ reason: String) -> DurableFileError {
    DurableFileError(
      code: "derived_file", message: "could not \(action) \(path)", why: reason,
      remedy: "check the free space and the permissions of its folder; the file is rebuilt from the database")
  }

  /// A file whose content is not what its kind prescribes.
  package static func damaged(_ path: String, _ reason: String) -> DurableFileError {
    DurableFileError(
      code: "derived_file_damaged", message: "\(path) is damaged", why: reason, remedy: "nothing is lost: it is rebuilt from the database")
  }

  /// The file is of an older form, which this version of Quarry makes anew instead of reading it.
  package var isOutdated: Bool { code == Self.outdatedCode }

  package static let outdatedCode = "derived_file_outdated"

  /// A file whose content is right and made in a way that is not today's.
  package static func outdated(_ path: String, _ reason: String) -> DurableFileError {
    DurableFileError(
      code: outdatedCode, message: "\(path) is of an older form", why: reason, remedy: "quarry ingest makes a new one from the database")
  }

  static func unknownVersion(_ path: String, found: UInt32, known: UInt32) -> DurableFileError {
    let reason = "it has version \(found), known is \(known)"
    if found < known { return outdated(path, reason) }
    return DurableFileError(
      code: "derived_file_version", message: "\(path) is of a form that this version of Quarry does not read",
      why: reason, remedy: "use the version of Quarry that wrote it, or let this one rebuild it")
  }
}
