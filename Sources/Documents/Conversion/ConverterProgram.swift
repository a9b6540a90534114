/// A program that Quarry has converted documents with, and the Debian package that it comes in.
struct ConverterProgram {
  let name: String
  let package: String

  static let pdftotext = ConverterProgram(name: "pdftotext", package: "poppler-utils")
  static let pdfinfo = ConverterProgram(name: "pdfinfo", package: "poppler-utils")
  static let pdftoppm = ConverterProgram(name: "pdftoppm", package: "poppler-utils")
  static let pdfdetach = ConverterProgram(name: "pdfdetach", package: "poppler-utils")
  static let pdfimages = ConverterProgram(name: "pdfimages", package: "poppler-utils")
  static let pandoc = ConverterProgram(name: "pandoc", package: "pandoc")
  static let bsdtar = ConverterProgram(name: "bsdtar", package: "libarchive-tools")
  static let bsdcat = ConverterProgram(name: "bsdcat", package: "libarchive-tools")
  /// Unlike libarchive it compares the checksum.
  static let gzip = ConverterProgram(name: "gzip", package: "gzip")
  static let tesseract = ConverterProgram(name: "tesseract", package: "tesseract-ocr")

  static let all = [pdftotext, pdfinfo, pdftoppm, pdfimages, pdfdetach, pandoc, bsdtar, bsdcat, gzip, tesseract]

  var isInstalled: Bool { Converter.find(name) != nil }

  /// Converts a document within the limits.
  ///
  /// - Parameters:
  ///   - path: The document's, for errors.
  ///   - seeks: Whether it goes back and forth in the document.
  ///   - keepsOutput: Otherwise what it writes only counts, and what it complains of is of interest.
  /// - Returns: What the program wrote, whatever its exit status.
  func convert(
    _ data: [UInt8], of path: String, _ arguments: [String], limits: ReadingLimits, seeks: Bool = false, keepsOutput: Bool = true
  ) throws(DocumentError) -> Converter.Output {
    let converter = Converter(
      program: name, seconds: limits.converterSeconds, memoryByteCount: limits.converterMemoryByteCount, outputByteCount: limits.convertedByteCount)
    do {
      return try converter.run(arguments, input: data, seeks: seeks, keepsOutput: keepsOutput)
    } catch {
      switch error {
      case .missing: throw .missingConverter(path, name, package: package)
      case .notStarted(let reason): throw .converter(path, name, reason)
      case .tooSlow: throw .tooLarge(path, "\(name) took more than \(limits.converterSeconds) seconds")
      case .tooMuchOutput: throw .tooLarge(path, "what is in it is longer than \(limits.convertedByteCount) bytes")
      case .killed(let signal): throw .converter(path, name, "it was stopped by signal \(signal), out of memory or time, or crashed")
      }
    }
  }

  /// The last line of what a program complained of, which is the one that ended it; bsdtar's last one only says that there are others.
  func complaint(_ output: Converter.Output) -> String {
    let lines = output.complaint.split(separator: "\n")
      .filter { !$0.allSatisfy(\.isWhitespace) && !$0.hasSuffix("Error exit delayed from previous errors.") && !$0.hasSuffix(": (null)") }
    // Behind where and what, pandoc shows the line and points into it.
    if let place = lines.lastIndex(where: { $0.hasPrefix("Error at \"") }), place + 1 < lines.count {
      let position = lines[place].split(separator: "(").last.map { " (" + $0.replacing(":", with: "") } ?? ""
      return "\(name) says: " + label((String(lines[place + 1]) + position).utf8)
    }
    return lines.last.map { "\(name) says: " + label($0.utf8) } ?? "\(name) ended with status \(output.exitCode)"
  }
}
