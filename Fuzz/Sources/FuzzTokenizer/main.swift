import FuzzInput
import ModelFile
import Tokenizer

private func checkWordPiece(_ tokenizer: WordPieceTokenizer, _ text: [UInt8]) {
  let text = String(decoding: text, as: UTF8.self)
  let tokens = tokenizer.encode(text)
  precondition(tokens.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabularySize }, "a token outside the vocabulary")
  precondition(tokens.count == tokenizer.tokenCount(of: text), "another number of tokens")
}

private func check(_ tokenizer: any TextTokenizer, _ recipe: VocabularyRecipe) {
  let tokens = tokenizer.encode(bytes: recipe.text)
  precondition(tokens.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabularySize }, "a token outside the vocabulary")
  let back = (tokens + [-1, .max]).flatMap { tokenizer.bytes(of: $0) }
  // A type or a piece that is there twice may take a byte's place.
  if recipe.hasAllBytes, recipe.model == .gpt2 { precondition(back == recipe.text, "bytes do not come back") }
  for token in tokens { precondition(!tokenizer.bytes(of: token).isEmpty || recipe.model == .llama, "text became a control token") }
}

/// Any bytes as a tokenizer and a text: refused with an error, or all tokens are of the vocabulary and give back the text.
///
/// What begins with `{` is a tokenizer.json, and its own text.
Fuzzing.runOnBytes { input in
  if input.first == UInt8(ascii: "{") {
    Fuzzing.withFile(input) { path in
      guard let tokenizer = try? WordPieceTokenizer(path: path) else { return }
      checkWordPiece(tokenizer, input)
    }
    return
  }
  let recipe = VocabularyRecipe(input)
  Fuzzing.withFile(recipe.file) { path in
    guard let gguf = try? GGUFFile(path: path) else { return }
    if recipe.model == .bert {
      guard let tokenizer = try? WordPieceTokenizer(gguf: gguf) else { return }
      checkWordPiece(tokenizer, recipe.text)
    } else {
      guard let tokenizer = try? ModelTokenizer.load(from: gguf) else { return }
      check(tokenizer, recipe)
    }
  }
}
