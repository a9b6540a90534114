import Diagnostics

/// A model file that cannot be read, or that does not keep to its format.
package struct ModelFileError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  /// A file that could not be opened or mapped.
  static func unreadable(_ path: String, _ reason: String) -> ModelFileError {
    ModelFileError(code: "model_file_unreadable", message: "could not open \(path)", why: reason, remedy: "check the path, or: quarry models list")
  }

  /// A file whose bytes are not what its format asks for.
  ///
  /// - Parameter offset: Byte of the file where it was noticed, if it has one place.
  static func malformed(_ path: String, at offset: Int? = nil, _ reason: String) -> ModelFileError {
    ModelFileError(
      code: "model_file_malformed", message: "\(path) is not a model file that can be read",
      why: reason + (offset.map { " (at byte \($0))" } ?? ""),
      remedy: "the file may be cut short or damaged: fetch it again, and compare its hash")
  }

  /// A metadata entry or tensor that the reader needs and the file lacks, or has in another form.
  package static func missing(_ what: String, in path: String, _ reason: String? = nil) -> ModelFileError {
    ModelFileError(
      code: "model_file_incomplete", message: "\(path) has no usable \(what)", why: reason, remedy: "use a file made for inference with all its parts"
    )
  }
}
