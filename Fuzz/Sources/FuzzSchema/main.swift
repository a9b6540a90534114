import FuzzInput
import Inference
import Tokenizer

/// A token for each byte, and one that ends a text.
private struct ByteVocabulary: TextTokenizer {
  var vocabularySize: Int { 257 }
  var beginOfText: TokenID? { nil }
  var addsBeginOfText: Bool { false }
  var endOfGeneration: Set<TokenID> { [256] }
  func encode(bytes: [UInt8]) -> [TokenID] { bytes.map { TokenID($0) } }
  func bytes(of token: TokenID) -> [UInt8] { (0..<256).contains(token) ? [UInt8(token)] : [] }
  func controlToken(_ name: String) -> TokenID? { nil }
}

/// Any text as a JSON schema: refused with an error, or a walk through its grammar goes on until the text may end.
///
/// What comes after a zero byte chooses the way; then it is the first byte that may follow.
Fuzzing.runOnBytes { input in
  let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  let schema = String(decoding: parts[0], as: UTF8.self)
  guard var text = try? ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(schema)) else { return }
  var choices = parts.count > 1 ? Array(parts[1].prefix(200)) : []
  choices += [UInt8](repeating: 0, count: 50)
  for choice in choices {
    if text.isFinished { break }
    let allowed = text.allowed()
    let tokens = (0..<TokenID(257)).filter { allowed.contains($0) }
    precondition(tokens.contains(256) == text.isComplete, "a text may end where it is complete")
    precondition(!tokens.isEmpty, "no way goes on")
    let token = tokens[Int(choice) % tokens.count]
    if token == 256 { break }
    guard let next = text.appending([UInt8(token)]) else { preconditionFailure("a mask allowed what cannot follow") }
    text = next
  }
}
