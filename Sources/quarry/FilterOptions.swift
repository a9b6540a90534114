import ArgumentParser
import Documents
import Foundation
import Store

/// `--path`, `--type` …, where documents are chosen.
struct FilterOptions: ParsableArguments {
  @Option(
    name: .customLong("path"),
    help: ArgumentHelp("Only documents whose path fits: a file, a folder, or a pattern with * and ?. Several: any of them.", valueName: "pattern"))
  var paths: [String] = []

  @Option(
    name: .customLong("type"),
    help: ArgumentHelp(
      "Only documents of this format: \(DocumentFormat.allCases.map(\.rawValue).joined(separator: ", ")). Several: any of them.", valueName: "format")
  )
  var types: [DocumentFormat] = []

  @Option(name: .customLong("language"), help: ArgumentHelp("Only documents in this language, as en or de. Several: any of them.", valueName: "code"))
  var languages: [String] = []

  @Option(help: ArgumentHelp("Only files changed on this day or later, as 2026-01-31, or at this time, as 2026-01-31T12:00:00Z.", valueName: "date"))
  var since: Moment?

  @Option(help: ArgumentHelp("Only files changed before this day or time.", valueName: "date"))
  var before: Moment?

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Only documents whose metadata say so (front matter, or FILE.meta.json). The same key again: any of the values.", valueName: "key=value"))
  var conditions: [MetadataCondition] = []

  func validate() throws {
    if let fault = filter.pathFault { throw ValidationError("--path: \(fault)") }
  }

  var filter: DocumentFilter {
    var filter = DocumentFilter()
    // As a shell completes them.
    filter.paths = paths.map { $0.count > 2 && $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
    filter.formats = types.map(\.rawValue)
    filter.languages = languages.map { $0.lowercased() }
    filter.modifiedFrom = since?.date
    filter.modifiedBefore = before?.date
    for condition in conditions { filter.metadata[condition.key, default: []].insert(condition.value) }
    return filter
  }
}

extension DocumentFormat: ExpressibleByArgument {}

/// A day, from its beginning in UTC, or a moment.
struct Moment: ExpressibleByArgument {
  let date: Date

  init?(argument: String) {
    guard let date = DocumentFilter.date(argument) else { return nil }
    self.date = date
  }
}

/// `key=value`.
struct MetadataCondition: ExpressibleByArgument {
  let key: String
  let value: String

  init?(argument: String) {
    guard let place = argument.firstIndex(of: "="), place != argument.startIndex else { return nil }
    key = String(argument[..<place])
    value = String(argument[argument.index(after: place)...])
  }
}
