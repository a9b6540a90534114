import ModelFile
import Tokenizer

/// Counts tokens as an embedder does, without its weights.
package struct TokenCounter: Sendable {
  private let tokenizer: WordPieceTokenizer

  /// - Parameter path: The embedder's folder, or its file `*.gguf`.
  package init(path: String) throws(EmbeddingError) {
    do {
      tokenizer =
        path.hasSuffix(".gguf") ? try WordPieceTokenizer(gguf: GGUFFile(path: path)) : try WordPieceTokenizer(path: path + "/tokenizer.json")
    } catch {
      throw Embedder.explained(error, path: path)
    }
  }

  /// As `Embedder.tokenCount(of:)`.
  package func tokenCount(of text: String) -> Int { tokenizer.tokenCount(of: text) }
}
