/// A value of a template: what JSON can say, and what templates make of it.
package indirect enum Value: Sendable {
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(Text)
  case list(List)
  case dictionary(Dictionary)
  case namespace(Namespace)
  case macro(Macro, scopes: Int)
  case function(String)
  case loop(LoopState)

  /// Text that is only ever text.
  package static func data(_ string: String) -> Value { .text(.data(string)) }
  /// Text that counts as the template's own, such as a role or the name of a token.
  package static func template(_ string: String) -> Value { .text(.template(string)) }
  package static func list(_ values: [Value]) -> Value { .list(List(values)) }
  package static func dictionary(_ entries: [(String, Value)], keysAreTemplate: Bool = true) -> Value {
    .dictionary(Dictionary(entries.map { (Text($0.0, isTemplate: keysAreTemplate), $0.1) }))
  }

  /// Lists, dictionaries and loops inside each other: letting go of a value takes as many calls inside each other.
  var height: Int {
    switch self {
    case .list(let list): list.height
    case .dictionary(let dictionary): dictionary.height
    case .loop(let loop): loop.values.height
    default: 0
    }
  }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let bool): bool
    case .integer(let integer): integer != 0
    case .float(let float): float != 0
    case .text(let text): !text.isEmpty
    case .list(let list): !list.values.isEmpty
    case .dictionary(let dictionary): !dictionary.keys.isEmpty
    case .namespace, .macro, .function, .loop: true
    }
  }

  /// Python's name of the type, for error messages.
  var typeName: String {
    switch self {
    case .undefined: "undefined"
    case .none: "None"
    case .bool: "bool"
    case .integer: "int"
    case .float: "float"
    case .text: "str"
    case .list: "list"
    case .dictionary: "dict"
    case .namespace: "namespace"
    case .macro: "macro"
    case .function: "function"
    case .loop: "loop"
    }
  }
}

package struct List: Sendable {
  let values: [Value]
  let height: Int
  let isTuple: Bool

  init(_ values: [Value], isTuple: Bool = false) {
    self.values = values
    self.isTuple = isTuple
    height = 1 + (values.lazy.map(\.height).max() ?? 0)
  }
}

/// Keys in the order in which they came, as in Python; they are always text.
package struct Dictionary: Sendable {
  private(set) var keys: [Text] = []
  private(set) var values: [Value] = []
  private var places: [Text: Int] = [:]
  private(set) var height = 1

  init(_ entries: [(Text, Value)]) {
    for (key, value) in entries {
      if let place = places[key] {
        values[place] = value
      } else {
        places[key] = keys.count
        keys.append(key)
        values.append(value)
      }
      height = max(height, 1 + value.height)
    }
  }

  subscript(key: Text) -> Value? { places[key].map { values[$0] } }
  var entries: [(key: Text, value: Value)] { zip(keys, values).map { ($0, $1) } }
}

/// What `namespace()` makes: the one value that a template can change. It lives and dies with its rendering, on one thread.
package final class Namespace: @unchecked Sendable {
  var values: [String: Value] = [:]
}

/// The `loop` variable of one round.
package struct LoopState: Sendable {
  let values: List
  let index: Int

  func attribute(_ name: String) -> Value? {
    let count = values.values.count
    return switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(count - index)
    case "revindex0": .integer(count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == count - 1)
    case "length": .integer(count)
    case "depth": .integer(1)
    case "depth0": .integer(0)
    case "previtem": index > 0 ? values.values[index - 1] : .undefined("there is no previous item")
    case "nextitem": index + 1 < count ? values.values[index + 1] : .undefined("there is no next item")
    default: nil
    }
  }
}

extension Value: Equatable {
  package static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let a), .text(let b)): return a == b
    case (.list(let a), .list(let b)): return a.isTuple == b.isTuple && a.values == b.values
    case (.dictionary(let a), .dictionary(let b)):
      return a.keys.count == b.keys.count && a.entries.allSatisfy { b[$0.key] == $0.value }
    case (.namespace(let a), .namespace(let b)): return a === b
    case (.macro(let a, _), .macro(let b, _)): return a === b
    default:
      guard let a = a.number, let b = b.number else { return false }
      return a == b
    }
  }

  /// The value of a number or a truth, as Python counts them.
  var number: Double? {
    switch self {
    case .bool(let bool): bool ? 1 : 0
    case .integer(let integer): Double(integer)
    case .float(let float): float
    default: nil
    }
  }

  var integer: Int? {
    switch self {
    case .bool(let bool): bool ? 1 : 0
    case .integer(let integer): integer
    default: nil
    }
  }
}
