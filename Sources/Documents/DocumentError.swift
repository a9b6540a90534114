import Diagnostics

/// A file that could not be read as a document, and why.
package struct DocumentError: ExplainedError, Codable, Equatable {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  /// True for what Quarry does not read at all (images, archives, programs): such files are skipped, all others have failed.
  package var isUnsupportedFormat: Bool { code == "document_unsupported" }

  /// True for a file that somebody wrote while it was read.
  package var isChange: Bool { code == "document_changed" }

  /// True for what every file of the same content and kind of name fails with, whatever else the machine does meanwhile.
  package var isOfContent: Bool { ["document_unsupported", "document_malformed", "document_empty", "document_encrypted"].contains(code) }

  /// True for what does not keep to its format.
  var isMalformed: Bool { code == "document_malformed" }

  /// True for what a program is needed for that is not installed.
  var isMissingConverter: Bool { code == "document_converter_missing" }

  /// True for what holds no text.
  var isEmpty: Bool { code == "document_empty" }
  var isEncrypted: Bool { code == "document_encrypted" }

  /// The same error of a file in which nothing else could be read than this member.
  func ofMember(_ name: String, in path: String) -> DocumentError {
    DocumentError(code: code, message: "nothing in \(path) could be read", why: "\(name) in it: \(why ?? message)", remedy: remedy)
  }

  /// The file system does not give the file out.
  package static func unreadable(_ path: String, _ reason: String) -> DocumentError {
    DocumentError(
      code: "document_unreadable", message: "could not read \(path)", why: reason, remedy: "check that the file is there and that you may read it")
  }

  /// A kind of file that Quarry has no reader for.
  static func unsupported(_ path: String, _ kind: String) -> DocumentError {
    DocumentError(
      code: "document_unsupported", message: "\(path) is not a format that Quarry reads", why: kind,
      remedy: "export it as PDF, HTML, Markdown or plain text")
  }

  /// The file does not keep to its format.
  ///
  /// - Parameter line: Where it was noticed, if it has one place.
  static func malformed(_ path: String, _ format: String, line: Int? = nil, _ reason: String) -> DocumentError {
    DocumentError(
      code: "document_malformed", message: "\(path) is not valid \(format)", why: reason + (line.map { " (line \($0))" } ?? ""),
      remedy: "open it in the program that wrote it and save it again")
  }

  /// One of `ReadingLimits` was passed.
  static func tooLarge(_ path: String, _ reason: String) -> DocumentError {
    DocumentError(code: "document_too_large", message: "\(path) is more than Quarry reads", why: reason, remedy: "split it into smaller files")
  }

  /// Its bytes are not text; whether that is a fault depends on what its name promises.
  static func noText(_ path: String) -> DocumentError {
    DocumentFormat(path: path) == nil ? .unsupported(path, "its bytes are not text") : .malformed(path, "text", "it holds binary data")
  }

  /// Somebody writes it while it is read.
  package static func changed(_ path: String) -> DocumentError {
    DocumentError(
      code: "document_changed", message: "\(path) was changed while it was read", why: "it was changed while it was read",
      remedy: "run the same command again when nobody writes it")
  }

  /// There is no text in it: an empty file, a scanned PDF.
  static func empty(_ path: String, _ reason: String, remedy: String? = nil) -> DocumentError {
    DocumentError(code: "document_empty", message: "\(path) has no text", why: reason, remedy: remedy)
  }

  /// The file is locked with a password.
  static func encrypted(_ path: String) -> DocumentError {
    DocumentError(
      code: "document_encrypted", message: "\(path) is encrypted", why: "it opens only with a password", remedy: "save a copy without the password")
  }

  /// The process that read it came to an end before the document did.
  package static func stopped(_ path: String, _ reason: String) -> DocumentError {
    DocumentError(
      code: "document_reader_failed", message: "reading \(path) had to be given up", why: reason,
      remedy: "open it in the program that wrote it and save it again, or split it into smaller files")
  }

  /// The program that converts the format is not installed.
  static func missingConverter(_ path: String, _ program: String, package: String, why: String? = nil) -> DocumentError {
    DocumentError(
      code: "document_converter_missing", message: "\(program) is needed to read \(path)",
      why: [why, "\(program) is not installed (apt install \(package))"].compactMap(\.self).joined(separator: ", and "),
      remedy: "apt install \(package)")
  }

  /// The program that converts the format failed, or was stopped.
  static func converter(_ path: String, _ program: String, _ reason: String, remedy: String? = nil) -> DocumentError {
    DocumentError(code: "document_converter_failed", message: "\(program) could not read \(path)", why: reason, remedy: remedy)
  }
}
