/// Makes a grammar of a JSON Schema (draft 2020-12, and what older ones write alike).
///
/// Every keyword is either held to or an error that names it; only those that say nothing about the text, such as `title`, are passed over.
struct SchemaCompiler {
  typealias NodeID = Grammar.NodeID

  private let document: JSONValue
  var nodes: [Grammar.Node] = []
  /// By place: the schemas that have a node, so that a recursive schema ends.
  private var known: [String: NodeID] = [:]
  /// Schemas whose node is still to be filled in.
  private var waiting: [(node: NodeID, schema: JSONValue, place: String)] = []
  /// Alternatives of which exactly one may fit.
  private var exclusive: [(alternatives: [NodeID], place: String)] = []
  /// Bytes of all places together.
  private var placeByteCount = 0
  private var anyValue: NodeID?
  /// Tables are large; equal ranges share one.
  private(set) var numberTables: [NumberRange: NumberTable] = [:]

  /// Bytes of a schema's text at most.
  static let byteLimit = 1 << 18
  static let nodeLimit = 10_000
  /// A long name with many parts below it would be spelled out for each of them.
  static let placeByteLimit = 8 << 20
  static let literalLimit = 4096
  static let numberTableLimit = 256

  static func compile(_ text: String) throws(InferenceError) -> Grammar {
    guard text.utf8.count <= byteLimit else { throw .schemaTooLarge("it has \(text.utf8.count) bytes; \(byteLimit) is the limit") }
    let document: JSONValue
    do { document = try JSONReader.read(text) } catch { throw .schema("\(error.reason) (byte \(error.offset))", at: "#") }
    var compiler = SchemaCompiler(document: document)
    return try compiler.compile()
  }

  /// The grammar of any JSON value, or of any object.
  static func compile(anyObject: Bool) -> Grammar {
    var compiler = SchemaCompiler(document: .bool(true))
    let value = compiler.any()
    let root = anyObject ? compiler.anyObjectNode(of: value) : value
    return Grammar(nodes: compiler.nodes, root: root)
  }

  private init(document: JSONValue) { self.document = document }

  private mutating func compile() throws(InferenceError) -> Grammar {
    let root = try node(of: document, at: "#")
    while let next = waiting.popLast() { nodes[next.node] = try read(next.schema, at: next.place) }
    nodes = try ChoiceFlattening.flattened(nodes, places: Dictionary(uniqueKeysWithValues: known.map { ($1, $0) }))
    let grammar = Grammar(nodes: nodes, root: root)
    var comparison = Disjointness(grammar)
    for (alternatives, place) in exclusive {
      for (index, first) in alternatives.enumerated() {
        for second in alternatives[(index + 1)...] where !comparison.isCertain(first, second) {
          guard !comparison.isSpent else { throw .schemaTooLarge("the alternatives of its oneOf are too many to compare (use anyOf)") }
          throw .schemaKeyword("oneOf with alternatives that one text may fit at the same time (use anyOf)", at: place)
        }
      }
    }
    guard let height = grammar.heights[root] else { throw .schemaUnsatisfiable }
    guard height <= Grammar.depthLimit else { throw .schemaTooDeep(height) }
    return grammar
  }

  // MARK: Nodes

  mutating func add(_ node: Grammar.Node) -> NodeID {
    nodes.append(node)
    return nodes.count - 1
  }

  /// The node of a schema; it is filled in later, so that nothing here recurses.
  mutating func node(of schema: JSONValue, at place: String) throws(InferenceError) -> NodeID {
    if let id = known[place] { return id }
    guard nodes.count < Self.nodeLimit else { throw .schemaTooLarge("it has more than \(Self.nodeLimit) parts") }
    placeByteCount += place.utf8.count
    guard placeByteCount <= Self.placeByteLimit else { throw .schemaTooLarge("its names are too long for so many parts below them") }
    let id = add(.choice([]))
    known[place] = id
    waiting.append((id, schema, place))
    return id
  }

  /// Any JSON value.
  mutating func any() -> NodeID {
    if let anyValue { return anyValue }
    // A choice refers to its alternatives only after they are there.
    let value = add(.choice([]))
    anyValue = value
    let alternatives = [
      anyObjectNode(of: value), add(.array(Grammar.ArrayShape(prefix: [], items: value, minimum: 0, maximum: nil))),
      add(.string(minimum: 0, maximum: nil)), add(.number(table(of: .any))),
      add(.literals(SortedNames(["true", "false", "null"].map { Array($0.utf8) }))),
    ]
    nodes[value] = .choice(alternatives)
    return value
  }

  mutating func table(of range: NumberRange) -> NumberTable {
    if let known = numberTables[range] { return known }
    let table = NumberTable(range)
    numberTables[range] = table
    return table
  }

  private mutating func anyObjectNode(of value: NodeID) -> NodeID {
    add(.object(Grammar.ObjectShape(names: SortedNames([]), values: [], isRequired: [], additional: value)))
  }

  // MARK: A schema

  private mutating func read(_ schema: JSONValue, at place: String) throws(InferenceError) -> Grammar.Node {
    switch schema {
    case .bool(true): return .choice([any()])
    case .bool(false): return .literals(SortedNames([]))
    case .object: break
    default: throw .schema("a schema is an object, true or false", at: place)
    }
    let keywords = SchemaKeywords(schema, at: place)
    try keywords.check()
    if let reference = try keywords.string("$ref") {
      try keywords.requireAlone("$ref")
      return .choice([try target(of: reference, at: place)])
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
      guard let alternatives = try keywords.array(keyword) else { continue }
      try keywords.requireAlone(keyword)
      guard !alternatives.isEmpty else { throw .schema("\(keyword) is empty", at: place) }
      guard keyword != "allOf" || alternatives.count == 1 else { throw .schemaKeyword("allOf of more than one schema", at: place) }
      var ids: [NodeID] = []
      for (index, alternative) in alternatives.enumerated() { ids.append(try node(of: alternative, at: "\(place)/\(keyword)/\(index)")) }
      if keyword == "oneOf" { exclusive.append((ids, place)) }
      return .choice(ids)
    }
    let types = try keywords.types()
    if let literals = try keywords.literals(limit: Self.literalLimit) {
      return .literals(SortedNames(literals.filter { literal in types.contains { $0.includes(literal) } }.map(\.compact)))
    }
    var alternatives: [NodeID] = []
    for type in types { alternatives.append(try add(node(of: type, keywords))) }
    return .choice(alternatives)
  }

  /// What a reference within the document refers to.
  private mutating func target(of reference: String, at place: String) throws(InferenceError) -> NodeID {
    guard reference.hasPrefix("#"), let pointer = Self.unquoted(reference.utf8.dropFirst()), pointer.isEmpty || pointer.hasPrefix("/") else {
      throw .schemaKeyword("$ref to \(reference), which is no place in the schema itself", at: place)
    }
    var value = document
    var canonical = "#"
    for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      let name = SchemaKeywords.unescaped(String(part))
      if case .array(let items) = value, let index = Int(name), items.indices.contains(index) {
        value = items[index]
        canonical += "/\(index)"
      } else if let member = value[name] {
        value = member
        canonical += "/" + SchemaKeywords.escaped(name)
      } else {
        throw .schema("$ref refers to \(reference), which is not there", at: place)
      }
    }
    return try node(of: value, at: canonical)
  }

  /// Text with percent escapes (RFC 3986); `nil` if one is not of two hexadecimal digits, or the bytes are no text.
  private static func unquoted(_ text: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text)[...]
    while let byte = rest.popFirst() {
      guard byte == 0x25 else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
