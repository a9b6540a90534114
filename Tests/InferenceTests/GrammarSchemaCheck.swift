import Foundation

/// Whether a text is JSON that fits a schema: Foundation reads both, and the keywords are checked as they are defined.
struct SchemaCheck {
  private let root: Any

  init(_ schema: String) throws { root = try JSONSerialization.jsonObject(with: Data(schema.utf8), options: .fragmentsAllowed) }

  /// Throws if the text is no JSON.
  func isValid(_ text: [UInt8]) throws -> Bool {
    guard String(validating: text, as: UTF8.self) != nil else { return false }
    return fits(try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed), root)
  }

  private func type(of value: Any) -> String {
    switch value {
    case is NSNull: return "null"
    case is String: return "string"
    case is [Any]: return "array"
    case is [String: Any]: return "object"
    case let number as NSNumber: return CFBooleanLike.isBoolean(number) ? "boolean" : "number"
    default: return "unknown"
    }
  }

  private func fits(_ value: Any, _ schema: Any) -> Bool {
    if let all = schema as? NSNumber, CFBooleanLike.isBoolean(all) { return all.boolValue }
    guard let schema = schema as? [String: Any] else { return false }
    let kind = type(of: value)
    if let reference = schema["$ref"] as? String { return fits(value, target(reference)) }
    if let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map({ [$0] }) {
      guard types.contains(kind) || (kind == "number" && types.contains("integer") && isWhole(value)) else { return false }
    }
    if let constant = schema["const"], !equal(value, constant) { return false }
    if let list = schema["enum"] as? [Any], !list.contains(where: { equal(value, $0) }) { return false }
    if let alternatives = schema["anyOf"] as? [Any], !alternatives.contains(where: { fits(value, $0) }) { return false }
    if let alternatives = schema["oneOf"] as? [Any], alternatives.filter({ fits(value, $0) }).count != 1 { return false }
    if let parts = schema["allOf"] as? [Any], !parts.allSatisfy({ fits(value, $0) }) { return false }
    switch value {
    case let text as String: return fits(text: text, schema)
    case let items as [Any]: return fits(items: items, schema)
    case let members as [String: Any]: return fits(members: members, schema)
    case let number as NSNumber where kind == "number":
      func holds(_ keyword: String, _ compare: (Double, Double) -> Bool) -> Bool {
        (schema[keyword] as? NSNumber).map { compare(number.doubleValue, $0.doubleValue) } ?? true
      }
      return holds("minimum", >=) && holds("maximum", <=) && holds("exclusiveMinimum", >) && holds("exclusiveMaximum", <)
    default: return true
    }
  }

  private func fits(text: String, _ schema: [String: Any]) -> Bool {
    let count = text.unicodeScalars.count
    if let minimum = schema["minLength"] as? Int, count < minimum { return false }
    if let maximum = schema["maxLength"] as? Int, count > maximum { return false }
    switch schema["format"] as? String {
    case "date": return (try? Date(text + "T00:00:00Z", strategy: .iso8601)) != nil && text.count == 10
    case "date-time": return text.count >= 20 && text.contains("T")
    case "time": return text.count >= 9 && text.contains(":")
    case "uuid": return UUID(uuidString: text) != nil
    default: return true
    }
  }

  private func fits(items: [Any], _ schema: [String: Any]) -> Bool {
    if let minimum = schema["minItems"] as? Int, items.count < minimum { return false }
    if let maximum = schema["maxItems"] as? Int, items.count > maximum { return false }
    let prefix = schema["prefixItems"] as? [Any] ?? []
    return items.enumerated().allSatisfy { index, item in
      if index < prefix.count { return fits(item, prefix[index]) }
      return schema["items"].map { fits(item, $0) } ?? true
    }
  }

  private func fits(members: [String: Any], _ schema: [String: Any]) -> Bool {
    let listed = schema["properties"] as? [String: Any] ?? [:]
    if let required = schema["required"] as? [String], !required.allSatisfy({ members[$0] != nil }) { return false }
    return members.allSatisfy { name, value in
      if let property = listed[name] { return fits(value, property) }
      return schema["additionalProperties"].map { fits(value, $0) } ?? true
    }
  }

  private func target(_ reference: String) -> Any {
    let path = (reference.removingPercentEncoding ?? reference).split(separator: "/").dropFirst()
    return path.reduce(root) { value, part in
      let name = part.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
      return (value as? [String: Any])?[name] ?? (value as? [Any]).flatMap { list in Int(name).map { list[$0] } } ?? false
    }
  }

  private func isWhole(_ value: Any) -> Bool { (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? false }

  private func equal(_ left: Any, _ right: Any) -> Bool {
    type(of: left) == type(of: right) && (left as? NSObject)?.isEqual(right) ?? (String(describing: left) == String(describing: right))
  }
}

/// JSON's booleans, which Foundation gives as numbers.
private enum CFBooleanLike {
  static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" || number === (true as NSNumber) }
}
