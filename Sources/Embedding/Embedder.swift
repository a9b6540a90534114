import Diagnostics
import Foundation
package import Inference
import ModelFile
import Tokenizer

/// Turns texts into vectors whose inner product says how close they are in meaning.
///
/// The model is a BERT sentence encoder (Reimers & Gurevych 2019): a folder with `model.safetensors`, `tokenizer.json` and `config.json`, or a
/// GGUF file.
package final class Embedder: Sendable {
  /// Names the model, its files and the precision; vectors of different fingerprints are never compared.
  package let fingerprint: String
  /// Numbers of a vector.
  package let dimension: Int
  /// Tokens that a text may have, the two special ones included; what is beyond is not seen.
  package let maximumTokenCount: Int
  /// The folder or file that it was loaded from.
  package let path: String
  private let tokenizer: WordPieceTokenizer
  private let encoder: Encoder

  /// - Parameters:
  ///   - path: A folder, or a file `*.gguf`.
  ///   - precision: Vectors of the two do not compare, though they are close: an index is made and asked in one.
  package convenience init(path: String, precision: EmbeddingPrecision = .int8, pool: ComputePool = .shared) throws(EmbeddingError) {
    if path.hasSuffix(".gguf") {
      try self.init(gguf: path, precision: precision, pool: pool)
    } else {
      try self.init(directory: path, precision: precision, pool: pool)
    }
  }

  /// - Parameter precision: Vectors of the two do not compare, though they are close: an index is made and asked in one.
  package convenience init(
    directory: String, precision: EmbeddingPrecision = .int8, pool: ComputePool = .shared
  ) throws(EmbeddingError) {
    let configuration = try EncoderConfiguration(directory: directory)
    do {
      let file = try SafetensorsFile(path: directory + "/model.safetensors")
      try Self.requireRoom(for: file.tensors, of: file.path)
      let weights = try EncoderWeights(
        tensors: file.tensors, names: configuration.isGated ? .nomic : .bert, path: file.path, configuration: configuration, precision: precision,
        pool: pool)
      let hash = Self.hash(of: file.file, and: EncoderConfiguration.files.map { directory + "/" + $0 })
      try self.init(
        encoder: Encoder(configuration: configuration, weights: weights, pool: pool),
        tokenizer: try WordPieceTokenizer(path: directory + "/tokenizer.json"),
        fingerprint: "\((directory as NSString).lastPathComponent)/\(hash)/\(precision.rawValue)", path: directory)
    } catch {
      throw Self.explained(error, path: directory)
    }
  }

  private convenience init(gguf path: String, precision: EmbeddingPrecision, pool: ComputePool) throws(EmbeddingError) {
    do {
      let file = try GGUFFile(path: path)
      let configuration = try EncoderConfiguration(gguf: file)
      let names = EncoderTensorNames.gguf(isFused: file.tensors["blk.0.attn_qkv.weight"] != nil)
      try Self.requireRoom(for: file.tensors, of: path)
      let weights = try EncoderWeights(
        tensors: file.tensors, names: names, path: path, configuration: configuration, precision: precision, pool: pool)
      let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
      try self.init(
        encoder: Encoder(configuration: configuration, weights: weights, pool: pool), tokenizer: try WordPieceTokenizer(gguf: file),
        fingerprint: "\(name)/\(Self.hash(of: file.file, and: []))/\(precision.rawValue)", path: path)
    } catch {
      throw Self.explained(error, path: path)
    }
  }

  /// A sparse file claims any size at no cost.
  private static func requireRoom(for tensors: [String: Tensor], of path: String) throws(EmbeddingError) {
    let byteCount = tensors.values.reduce(0) { $0 + $1.byteRange.count }
    let memoryByteCount = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard byteCount <= memoryByteCount else {
      throw .configuration(path, "its weights take \(byteCount >> 20) MiB, and this machine has \(memoryByteCount >> 20) MiB")
    }
  }

  private init(encoder: Encoder, tokenizer: WordPieceTokenizer, fingerprint: String, path: String) throws(EmbeddingError) {
    guard tokenizer.vocabularySize <= encoder.configuration.vocabularySize else {
      throw .configuration(path, "its tokenizer knows \(tokenizer.vocabularySize) tokens, its weights \(encoder.configuration.vocabularySize)")
    }
    self.encoder = encoder
    self.tokenizer = tokenizer
    self.fingerprint = fingerprint
    self.path = path
    dimension = encoder.configuration.width
    maximumTokenCount = encoder.configuration.tokenLimit
  }

  static func explained(_ error: any Error, path: String) -> EmbeddingError {
    switch error {
    case let error as EmbeddingError: error
    case let error as any ExplainedError: .load(path, error)
    default: preconditionFailure("an error without an explanation: \(error)")
    }
  }

  /// Tokens of a text as the encoder sees it, without special tokens and without a limit. Counts of texts parted at white space add up.
  package func tokenCount(of text: String) -> Int { tokenizer.tokenCount(of: text) }

  /// A vector of length 1 for each text. A text gives the same bits alone and in any company.
  package func embed(_ texts: [String]) throws(EmbeddingError) -> [[Float]] {
    let vectors = encoder.embed(tokens(of: texts))
    guard vectors.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notANumber(fingerprint) }
    return vectors
  }

  /// What the encoder is given for each text: special tokens at both ends, cut to the limit.
  private func tokens(of texts: [String]) -> [[TokenID]] {
    var sequences = [[TokenID]](repeating: [], count: texts.count)
    unsafe sequences.withUnsafeMutableBufferPointer { buffer in
      // Each part writes an element of its own.
      nonisolated(unsafe) let buffer = unsafe buffer
      encoder.pool.run(count: texts.count) { [tokenizer, maximumTokenCount] index in
        unsafe buffer[index] =
          [tokenizer.classification] + tokenizer.encode(texts[index]).prefix(maximumTokenCount - 2) + [tokenizer.separator]
      }
    }
    return sequences
  }

  /// FNV-1a over the weights' file, eight bytes at a time, and the small files beside it, which say how texts become tokens and rows vectors:
  /// tells models apart, and is no defence against forgery.
  private static func hash(of file: MappedFile, and paths: [String]) -> String {
    var hash = unsafe file.withBytes(0..<file.byteCount) { unsafe continuing(0xcbf2_9ce4_8422_2325, with: $0) }
    for path in paths {
      let content = FileManager.default.contents(atPath: path) ?? Data()
      hash = unsafe content.withUnsafeBytes { unsafe continuing((hash ^ UInt64($0.count)) &* 0x100_0000_01b3, with: $0) }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func continuing(_ start: UInt64, with bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = start
    for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
      hash = (hash ^ (unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))) &* 0x100_0000_01b3
    }
    for offset in (bytes.count & ~7)..<bytes.count { hash = (hash ^ UInt64(unsafe bytes[offset])) &* 0x100_0000_01b3 }
    return hash
  }
}
