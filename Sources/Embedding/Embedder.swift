import Diagnostics
import Foundation
package import Inference
import ModelFile
import Tokenizer

/// Turns texts into vectors whose inner product says how close they are in meaning.
///
/// The model is a BERT sentence encoder (Reimers & Gurevych 2019) with mean pooling: a folder with `model.safetensors`, `tokenizer.json` and `config.json`.
package final class Embedder: Sendable {
  /// Names the model and its weights; vectors of different fingerprints are never compared.
  package let fingerprint: String
  /// Numbers of a vector.
  package let dimension: Int
  /// Tokens that a text may have, the two special ones included; what is beyond is not seen.
  package let maximumTokenCount: Int
  private let tokenizer: WordPieceTokenizer
  private let encoder: Encoder

  /// Tokens of one forward pass at most: bounds its memory.
  private static let passTokenLimit = 8192

  package init(directory: String, pool: ComputePool = .shared) throws(EmbeddingError) {
    let configuration = try EncoderConfiguration(directory: directory)
    do {
      let file = try SafetensorsFile(path: directory + "/model.safetensors")
      tokenizer = try WordPieceTokenizer(path: directory + "/tokenizer.json")
      encoder = Encoder(configuration: configuration, weights: try EncoderWeights(file: file, configuration: configuration), pool: pool)
      fingerprint = "\((directory as NSString).lastPathComponent)/\(Self.hash(of: file.file))"
    } catch let error as any ExplainedError {
      throw .load(directory, error)
    } catch {
      preconditionFailure("an error without an explanation: \(error)")
    }
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw .configuration(directory, "its tokenizer knows \(tokenizer.vocabularySize) tokens, its weights \(configuration.vocabularySize)")
    }
    dimension = configuration.width
    maximumTokenCount = configuration.tokenLimit
  }

  /// Tokens of a text as the encoder sees it, without special tokens and without a limit. Counts of texts parted at white space add up.
  package func tokenCount(of text: String) -> Int { tokenizer.tokenCount(of: text) }

  /// A vector of length 1 for each text. A text gives the same bits alone and in any company.
  package func embed(_ texts: [String]) throws(EmbeddingError) -> [[Float]] {
    let sequences = texts.map { text in
      [tokenizer.classification] + tokenizer.encode(text).prefix(maximumTokenCount - 2) + [tokenizer.separator]
    }
    var vectors: [[Float]] = []
    var start = 0
    while start < sequences.count {
      var end = start + 1
      var tokenCount = sequences[start].count
      while end < sequences.count, tokenCount + sequences[end].count <= Self.passTokenLimit {
        tokenCount += sequences[end].count
        end += 1
      }
      vectors += encoder.embed(Array(sequences[start..<end]))
      guard vectors[start..<end].allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notANumber(fingerprint) }
      start = end
    }
    return vectors
  }

  /// FNV-1a over the whole file, eight bytes at a time: tells models apart, and is no defence against forgery.
  private static func hash(of file: MappedFile) -> String {
    let hash = unsafe file.withBytes(0..<file.byteCount) { bytes in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
        hash = (hash ^ (unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))) &* 0x100_0000_01b3
      }
      for offset in (bytes.count & ~7)..<bytes.count { hash = (hash ^ UInt64(unsafe bytes[offset])) &* 0x100_0000_01b3 }
      return hash
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
