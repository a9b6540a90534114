import ArgumentParser
import Documents

/// Which files of a folder are taken in.
struct SelectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only files that this fits, written as in a .gitignore; several times for several.", valueName: "pattern"))
  var include: [String] = []

  @Option(help: ArgumentHelp("No files or folders that this fits, written as in a .gitignore; several times for several.", valueName: "pattern"))
  var exclude: [String] = []

  @Option(help: ArgumentHelp("No files of more megabytes than this.", valueName: "MB"))
  var maxFileSize: Double?

  @Flag(inversion: .prefixedNo, help: "Leave out what .gitignore and .quarryignore name.")
  var ignoreFiles = true

  @Flag(help: "Take hidden files and folders in as well.")
  var hidden = false

  func validate() throws {
    for pattern in include + exclude {
      guard let parsed = PathPattern(pattern), !parsed.isNegated else {
        throw ValidationError("\(pattern.isEmpty ? "an empty text" : pattern) is no pattern: write '*.md', 'drafts/' or '/notes/**/*.txt'")
      }
    }
    guard maxFileSize.map({ $0 > 0 && $0 < 1e12 }) ?? true else { throw ValidationError("--max-file-size must be above 0") }
  }

  var options: WalkOptions {
    var options = WalkOptions()
    options.includes = include.compactMap { PathPattern($0) }
    options.excludes = exclude.compactMap { PathPattern($0) }
    options.followsIgnoreFiles = ignoreFiles
    options.includesHidden = hidden
    options.fileByteLimit = maxFileSize.map { Int64($0 * 1e6) }
    return options
  }
}
