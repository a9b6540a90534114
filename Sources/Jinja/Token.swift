/// A token of a template.
struct Token: Equatable {
  enum Kind: Equatable {
    /// Text between tags, white space already cut.
    case text(String)
    case blockBegin, blockEnd, outputBegin, outputEnd
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case symbol(String)
    case end
  }

  let kind: Kind
  let line: Int

  /// The token as an error message names it.
  var words: String {
    switch kind {
    case .text: "text"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .outputBegin: "'{{'"
    case .outputEnd: "'}}'"
    case .name(let name): "'\(name)'"
    case .string: "a string"
    case .integer, .float: "a number"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end of the template"
    }
  }
}
