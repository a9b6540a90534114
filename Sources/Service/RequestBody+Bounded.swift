import Foundation
import HTTPTypes
import Hummingbird
import NIOHTTP1

extension Request {
  /// The body as a JSON value of a known form.
  ///
  /// - Throws: `ServiceError` when it is too long, too slow, not JSON, or not of the form.
  func json<Value: Decodable & Sendable>(_ type: Value.Type, byteLimit: Int, scope: RequestScope) async throws -> Value {
    let mediaType = headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
    guard mediaType == "application/json" else { throw ServiceError.contentType }
    // What announces too much is not read at all.
    if let length = headers[.contentLength].flatMap({ Int($0) }), length > byteLimit { throw ServiceError.bodyTooLarge(limit: byteLimit) }
    let body = body
    let bytes = try await scope.run(expiry: .bodyTooSlow) {
      var bytes: [UInt8] = []
      do {
        for try await part in body {
          guard bytes.count + part.readableBytes <= byteLimit else { throw ServiceError.bodyTooLarge(limit: byteLimit) }
          bytes.append(contentsOf: part.readableBytesView)
        }
      } catch is HTTPParserError {
        throw ServiceError.unreadableBody
      }
      return bytes
    }
    scope.bodyMark.set()
    do {
      let decoder = JSONDecoder()
      decoder.userInfo[RawJSON.body] = bytes
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      // The decoder blames the whole body for a number that does not fit its field.
      if case .dataCorrupted(let context) = error, context.codingPath.isEmpty, (try? JSONSerialization.jsonObject(with: Data(bytes))) != nil {
        throw ServiceError.field("with a number", "it is not of the kind that is asked for, or too large")
      }
      throw ServiceError(error)
    }
  }
}

extension ServiceError {
  /// Says which field of a body is wrong, in the client's words.
  fileprivate init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self = .missingField(Self.name(context.codingPath + [key]))
    case .typeMismatch(let type, let context):
      self = .field(Self.name(context.codingPath), "it has to be \(Self.word(for: type))")
    case .valueNotFound(let type, let context):
      self = .field(Self.name(context.codingPath), "it is null and has to be \(Self.word(for: type))")
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      self = .field(Self.name(context.codingPath), context.debugDescription)
    default:
      self = .notJSON
    }
  }

  private static func name(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "(the whole body)" : path.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
  }

  private static func word(for type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is Int.Type, is UInt64.Type, is Int64.Type: "a whole number"
    case is Double.Type: "a number"
    case is [String: Any].Type: "an object"
    default: "of the type that the documentation names"
    }
  }
}
