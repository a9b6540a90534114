import Documents
import Foundation
import Store

/// The field `filter` of `/v1/search` and `/v1/ask`: which documents may be found.
struct FilterFields: Decodable, Sendable {
  let path: OneOrMore?
  let type: OneOrMore?
  let language: OneOrMore?
  let modifiedSince: String?
  let modifiedBefore: String?
  let metadata: [String: OneOrMore]?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case path, type, language, metadata
    case modifiedSince = "modified_since"
    case modifiedBefore = "modified_before"
  }

  init(from decoder: any Decoder) throws {
    try decoder.requireKnownFields(CodingKeys.allCases.map(\.rawValue), of: "filter")
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    path = try fields.decodeIfPresent(OneOrMore.self, forKey: .path)
    type = try fields.decodeIfPresent(OneOrMore.self, forKey: .type)
    language = try fields.decodeIfPresent(OneOrMore.self, forKey: .language)
    modifiedSince = try fields.decodeIfPresent(String.self, forKey: .modifiedSince)
    modifiedBefore = try fields.decodeIfPresent(String.self, forKey: .modifiedBefore)
    metadata = try fields.decodeIfPresent([String: OneOrMore].self, forKey: .metadata)
  }

  /// A string, or a list of them.
  struct OneOrMore: Decodable, Sendable {
    let values: [String]

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      values = try (try? [value.decode(String.self)]) ?? value.decode([String].self)
    }
  }

  /// Values of one condition at most.
  private static let valueLimit = 1000

  func filter() throws -> DocumentFilter {
    var filter = DocumentFilter()
    filter.paths = try values(path, "path")
    if let fault = filter.pathFault { throw ServiceError.field("filter.path", fault) }
    filter.formats = try values(type, "type")
    for format in filter.formats where DocumentFormat(rawValue: format) == nil {
      throw ServiceError.field("filter.type", "it has to be one of \(DocumentFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    filter.languages = try values(language, "language").map { $0.lowercased() }
    filter.modifiedFrom = try date(modifiedSince, "modified_since")
    filter.modifiedBefore = try date(modifiedBefore, "modified_before")
    guard metadata?.count ?? 0 <= 64 else { throw ServiceError.field("filter.metadata", "it has more than 64 keys") }
    for (key, some) in metadata ?? [:] { filter.metadata[key] = Set(try values(some, "metadata.\(key)")) }
    return filter
  }

  private func values(_ some: OneOrMore?, _ name: String) throws -> [String] {
    guard let values = some?.values else { return [] }
    guard (1...Self.valueLimit).contains(values.count) else {
      throw ServiceError.field("filter.\(name)", "it has to have 1 to \(Self.valueLimit) values")
    }
    return values
  }

  private func date(_ text: String?, _ name: String) throws -> Date? {
    guard let text else { return nil }
    guard let date = DocumentFilter.date(text) else {
      throw ServiceError.field("filter.\(name)", "it has to be a day, as 2026-01-31, or a time, as 2026-01-31T12:00:00Z")
    }
    return date
  }
}
