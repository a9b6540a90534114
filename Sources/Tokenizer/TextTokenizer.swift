/// A token's number in its model's vocabulary.
package typealias TokenID = Int32

/// Turns text into tokens and back.
///
/// Text is data: control tokens are never recognised in it, so that no document can speak as the system or end a turn.
package protocol TextTokenizer: Sendable {
  var vocabularySize: Int { get }
  /// Tokens of any bytes, also of broken UTF-8; without the beginning-of-text token.
  func encode(bytes: [UInt8]) -> [TokenID]
  /// The bytes that a token stands for; control tokens and numbers outside the vocabulary give none.
  func bytes(of token: TokenID) -> [UInt8]
  /// The control token of this name, such as `<|im_start|>`.
  func controlToken(_ name: String) -> TokenID?
  var beginOfText: TokenID? { get }
  /// Whether the model was trained with `beginOfText` in front of every text.
  var addsBeginOfText: Bool { get }
  /// Tokens at which generation ends.
  var endOfGeneration: Set<TokenID> { get }
}

extension TextTokenizer {
  package func encode(_ text: String) -> [TokenID] { encode(bytes: Array(text.utf8)) }

  /// Tokens of a prompt: control tokens come from `.control` segments only; adjacent texts are encoded as one.
  ///
  /// The beginning-of-text token is put in front once if the model wants it, also when the template writes it.
  package func encode(_ segments: [PromptSegment]) throws(TokenizerError) -> [TokenID] {
    var tokens: [TokenID] = []
    var text = ""
    func flush() {
      if !text.isEmpty { tokens += encode(text) }
      text = ""
    }
    for segment in segments {
      switch segment {
      case .text(let more): text += more
      case .control(let name):
        flush()
        guard let token = controlToken(name) else { throw .controlToken(name) }
        tokens.append(token)
      }
    }
    flush()
    if addsBeginOfText, let beginOfText, tokens.first != beginOfText { tokens.insert(beginOfText, at: 0) }
    return tokens
  }

  /// The bytes of several tokens, as text; what is not UTF-8 becomes U+FFFD.
  package func decode(_ tokens: some Sequence<TokenID>) -> String {
    String(decoding: tokens.flatMap(bytes(of:)), as: UTF8.self)
  }
}
