import Diagnostics
import Foundation
import ModelFile
package import Tokenizer

/// A generator loaded from a GGUF file, ready to compute; shared by everybody, changed by nobody.
package final class LanguageModel: Sendable {
  /// The file's name without its ending.
  package let name: String
  /// Names the file's content: its size and a hash over samples of it.
  package let fingerprint: String
  package let path: String
  package let tokenizer: any TextTokenizer
  package let chatTemplate: ChatTemplate
  let transformer: Transformer
  /// Bytes of its weights, which is what writing a token costs.
  let weightByteCount: Int

  /// Positions that the model was trained on.
  package var contextLength: Int { transformer.configuration.contextLength }
  /// Tokens that it reads and writes: those of its tokenizer. Some files have rows beyond them, to round their number up.
  package var vocabularySize: Int { tokenizer.vocabularySize }
  /// Bytes that the keys and values of 64 tokens take.
  package var keyValueBlockByteCount: Int { transformer.layout.byteCount }

  private init(
    name: String, path: String, fingerprint: String, tokenizer: any TextTokenizer, chatTemplate: ChatTemplate, transformer: Transformer,
    weightByteCount: Int
  ) {
    self.name = name
    self.path = path
    self.fingerprint = fingerprint
    self.tokenizer = tokenizer
    self.chatTemplate = chatTemplate
    self.transformer = transformer
    self.weightByteCount = weightByteCount
  }

  /// - Parameter keyValueType: How its sequences keep keys and values.
  package static func load(path: String, keyValueType: KeyValueType = .q8, pool: ComputePool = .shared) throws(InferenceError) -> LanguageModel {
    do {
      let gguf = try GGUFFile(path: path)
      // A sparse file claims any size at no cost. Tensors lie inside their files and apart, so the sum does not overflow.
      let weightByteCount = gguf.tensors.values.reduce(0) { $0 + $1.byteRange.count }
      let memoryByteCount = Int(clamping: ProcessInfo.processInfo.physicalMemory)
      guard weightByteCount <= memoryByteCount else {
        throw InferenceError.tooLarge(path, weightByteCount: weightByteCount, memoryByteCount: memoryByteCount)
      }
      let configuration = try ModelConfiguration(gguf: gguf)
      let tokenizer = try ModelTokenizer.load(from: gguf)
      guard tokenizer.vocabularySize <= configuration.embeddingCount else {
        throw InferenceError.configuration(path, "it has \(tokenizer.vocabularySize) tokens and \(configuration.embeddingCount) embeddings")
      }
      // Before the weights are packed, which gives back the pages that are mapped by this.
      let fingerprint = ModelFingerprint.of(gguf.files, pool: pool)
      let transformer = try Transformer(
        gguf: gguf, configuration: configuration, vocabularySize: tokenizer.vocabularySize, keyValueType: keyValueType, pool: pool)
      return LanguageModel(
        name: gguf.name, path: path, fingerprint: fingerprint, tokenizer: tokenizer,
        chatTemplate: ChatTemplate(gguf: gguf), transformer: transformer, weightByteCount: weightByteCount)
    } catch let error as InferenceError {
      throw error
    } catch let error as any ExplainedError {
      throw .load(path, error)
    } catch {
      preconditionFailure("an error without an explanation: \(error)")
    }
  }

  /// Logits after each token of a text, computed in runs of `split` tokens: for tests and measurements.
  package func logits(of tokens: [TokenID], split: Int = .max) -> [[Float]] {
    var sequence = KVSequence(layout: transformer.layout)
    var logits: [[Float]] = []
    var start = 0
    while start < tokens.count {
      let end = min(tokens.count, start + min(split, tokens.count))
      logits += transformer.read(Array(tokens[start..<end]), into: &sequence, allRows: true)
      start = end
    }
    return logits
  }

  /// Logits after each token of several texts that are computed together, in runs of `split` tokens of each: for tests and measurements.
  package func logits(ofEach texts: [[TokenID]], split: Int = .max) -> [[[Float]]] {
    var sequences = texts.map { _ in KVSequence(layout: transformer.layout) }
    var logits: [[[Float]]] = texts.map { _ in [] }
    var start = 0
    let longest = texts.map(\.count).max() ?? 0
    while start < longest {
      let size = min(split, longest)
      let more = transformer.read(texts.map { Array($0.dropFirst(start).prefix(size)) }, into: &sequences, allRows: true)
      for index in texts.indices { logits[index] += more[index] }
      start += size
    }
    return logits
  }

  /// Logits after each of `tokens` beyond their first `cachedCount`, whose keys and values are taken over from `earlier`, a sequence that
  /// begins with them and goes on differently: what the engine does for a cached prefix, for tests.
  package func logits(of tokens: [TokenID], reusing cachedCount: Int, of earlier: [TokenID]) -> [[Float]] {
    precondition(tokens.prefix(cachedCount) == earlier.prefix(cachedCount), "only what both begin with can be reused")
    var kept = KVSequence(layout: transformer.layout)
    _ = transformer.read(earlier, into: &kept)
    var sequence = kept.prefix(cachedCount)
    return transformer.read(Array(tokens[cachedCount...]), into: &sequence, allRows: true)
  }

  /// Seconds to read a prompt of so many tokens, and then to write so many.
  package func measure(promptTokenCount: Int, decodeTokenCount: Int) -> (prefillSeconds: Double, decodeSeconds: Double) {
    measureBatch(sequenceCount: 1, promptTokenCount: promptTokenCount, decodeTokenCount: decodeTokenCount)
  }

  /// Seconds to read so many prompts of so many tokens, and then to compute so many more of each one by one, as decoding does, all sequences
  /// together. Choosing tokens is not in it.
  package func measureBatch(sequenceCount: Int, promptTokenCount: Int, decodeTokenCount: Int) -> (prefillSeconds: Double, decodeSeconds: Double) {
    var sequences = (0..<sequenceCount).map { _ in KVSequence(layout: transformer.layout) }
    // Any tokens do; these spread over the vocabulary.
    let prompts = sequences.indices.map { index in
      (0..<promptTokenCount).map { TokenID(($0 * 7919 + 13 + 101 * index) % vocabularySize) }
    }
    let start = ContinuousClock.now
    var logits = transformer.read(prompts, into: &sequences)
    let middle = ContinuousClock.now
    for index in 0..<decodeTokenCount {
      logits = transformer.read(sequences.indices.map { [TokenID((index * 104_729 + 17 * $0) % vocabularySize)] }, into: &sequences)
    }
    precondition(logits.allSatisfy { $0.count == 1 }, "logits for each sequence")
    return (start.duration(to: middle) / .seconds(1), middle.duration(to: .now) / .seconds(1))
  }
}
