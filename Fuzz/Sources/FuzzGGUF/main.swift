import FuzzInput
import ModelFile
import Tokenizer

/// Any bytes as a GGUF file: it is refused with an error, or every tensor's bytes can be read and its tokenizer encodes and decodes.
Fuzzing.run { path in
  guard let gguf = try? GGUFFile(path: path) else { return }
  for tensor in gguf.tensors.values {
    unsafe tensor.withBytes { bytes in
      precondition(bytes.count == tensor.elementCount / tensor.type.blockElementCount * tensor.type.blockByteCount, "\(tensor.name) is not its size")
      if let first = unsafe bytes.first, let last = unsafe bytes.last { precondition(UInt16(first) + UInt16(last) < 512) }
    }
  }
  for key in gguf.metadata.keys {
    _ = try? gguf.integer(key, in: 0...1000)
    _ = try? gguf.number(key)
    _ = gguf.metadata[key]?.ints
  }
  guard let tokenizer = try? ModelTokenizer.load(from: gguf) else { return }
  let text = "It's 12 o'clock,\n\n  né? ▁ 🦊"
  let tokens = tokenizer.encode(text)
  precondition(tokens.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabularySize }, "a token outside the vocabulary")
  _ = tokenizer.decode(tokens + [-1, .max])
  _ = try? tokenizer.encode(ChatTemplate(gguf: gguf).render([ChatMessage(role: .user, content: text)]))
}
