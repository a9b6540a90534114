/// A chat template that has been read; it can run nothing but itself.
///
/// The language is the part of Jinja that `transformers` gives to chat templates: the sandboxed environment with
/// `trim_blocks`, `lstrip_blocks`, loop controls, `raise_exception` and `namespace`.
package struct Template: Sendable {
  private let statements: [Statement]

  package init(_ source: String) throws(JinjaError) {
    statements = try Parser.statements(of: source)
  }

  /// The text that the template makes of its variables.
  ///
  /// - Parameter date: What `strftime_now` tells; without it the template has no such function.
  package func render(_ variables: [String: Value], date: TemplateDate? = nil, limits: Limits = Limits()) throws(JinjaError) -> Text {
    var evaluator = Evaluator(variables: variables, date: date, limits: limits)
    return try evaluator.render(statements)
  }
}
