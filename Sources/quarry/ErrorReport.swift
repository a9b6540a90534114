import ArgumentParser
import Diagnostics
import Foundation

/// The one place that words errors for the command line: three lines for people, one object for machines.
enum ErrorReport {
  struct JSONForm: Encodable {
    struct Content: Encodable {
      var code: String
      var message: String
      var why: String?
      var `try`: String?
    }
    var error: Content
  }

  /// Ends the process with the status that belongs to the error.
  static func exit(with error: any Error) -> Never {
    if let exit = error as? ExitCode { Foundation.exit(exit.rawValue) }
    if error is any ExplainedError {
      write(error)
      Foundation.exit(ExitCode.failure.rawValue)
    }
    let status = Quarry.exitCode(for: error)
    if status == .success {  // --help, --version, completions
      print(Quarry.fullMessage(for: error))
      Foundation.exit(0)
    }
    if status == .validationFailure {
      if wantsJSON {
        report(.init(code: "usage", message: Quarry.message(for: error), why: nil, try: "quarry --help"))
      } else {
        Terminal.writeError(Quarry.fullMessage(for: error) + "\n")
      }
      Foundation.exit(ExitCode.wrongUsage.rawValue)
    }
    write(error)
    Foundation.exit(ExitCode.failure.rawValue)
  }

  /// Says what is wrong, and goes on.
  static func write(_ error: any Error) {
    if let explained = error as? any ExplainedError {
      report(.init(code: explained.code, message: explained.message, why: explained.why, try: explained.remedy))
    } else {
      report(.init(code: "unexpected", message: String(describing: error), why: nil, try: nil))
    }
  }

  /// Known before parsing too, because a parse can fail.
  private static var wantsJSON: Bool { CommandLine.arguments.contains("--json") }

  private static func report(_ content: JSONForm.Content) {
    if wantsJSON {
      JSONOutput.write(JSONForm(error: content))
      return
    }
    var lines = Terminal.error.style("error:", .red) + " \(content.message)\n"
    if let why = content.why { lines += Terminal.error.style("why:", .bold) + "   \(why)\n" }
    if let remedy = content.try { lines += Terminal.error.style("try:", .bold) + "   \(remedy)\n" }
    Terminal.writeError(lines)
  }
}
