package import ModelFile

/// The tokenizer that a GGUF file carries.
package enum ModelTokenizer {
  package static func load(from gguf: GGUFFile) throws(TokenizerError) -> any TextTokenizer {
    switch gguf.metadata["tokenizer.ggml.model"]?.string {
    case "gpt2": return try BytePairTokenizer(gguf: gguf)
    case "llama": return try SentencePieceTokenizer(gguf: gguf)
    case let other: throw .unsupported(other ?? "none named", in: gguf.path, known: ["gpt2 (byte-level BPE)", "llama (SentencePiece)"])
    }
  }
}
