/// What a generated text must be.
package enum OutputConstraint: Sendable, Hashable {
  /// Any JSON value.
  case json
  /// Any JSON object.
  case jsonObject
  /// JSON that a schema allows (draft 2020-12): its text.
  ///
  /// Held to are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `minItems`, `maxItems`,
  /// `minLength`, `maxLength`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `format` (date, time, date-time, uuid), `anyOf`,
  /// `oneOf` of alternatives that exclude each other, `$ref` within the schema, `$defs`, and `allOf` of one. Any other keyword that would say
  /// something about the text is an error.
  case jsonSchema(String)
}

/// A text that is held to a constraint, token by token.
package struct ConstrainedText: Sendable {
  private let masks: TokenMasks
  private let state: ByteAutomaton.State

  init(_ masks: TokenMasks) { self.init(masks, at: masks.start) }

  private init(_ masks: TokenMasks, at state: ByteAutomaton.State) {
    let isFull = masks.isFull
    self.masks = isFull ? masks.renewed(at: state) : masks
    self.state = isFull ? self.masks.start : state
  }

  /// The tokens that may follow: their bytes go on with the text, or they end it where it may end.
  package func allowed() -> TokenMask { masks.mask(at: state) }

  /// The text with bytes added; `nil` if they cannot follow.
  package func appending(_ bytes: [UInt8]) -> ConstrainedText? {
    guard let next = masks.state(after: bytes, from: state) else { return nil }
    return ConstrainedText(masks, at: next)
  }

  /// Whether the text may end here.
  package var isComplete: Bool { masks.isComplete(state) }
  /// Whether nothing may follow.
  package var isFinished: Bool { masks.isFinished(state) }
}
