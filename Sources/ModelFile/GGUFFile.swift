/// A model in GGUF, versions 2 and 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): metadata and tensors, memory-mapped.
///
/// Nothing in the file is trusted: every count, length and offset is checked against the file's size with arithmetic that cannot overflow.
package struct GGUFFile: Sendable {
  /// More than one for a split model, in the order of their numbers.
  package let files: [MappedFile]
  package let version: UInt32
  /// The first file's.
  package let metadata: [String: MetadataValue]
  package let tensors: [String: Tensor]

  package var file: MappedFile { files[0] }
  package var path: String { file.path }

  /// Opens a model; for a split one (`NAME-00001-of-00003.gguf`) any of its parts will do, and all must be there.
  package init(path: String) throws(ModelFileError) {
    let opened = try GGUFPart(path: path)
    let count = try opened.partCount()
    guard count > 1 else {
      files = [opened.file]
      version = opened.version
      metadata = opened.metadata
      tensors = opened.tensors
      return
    }
    guard let name = SplitName(path: path), name.count == count else {
      throw .malformed(path, "it is one of \(count) parts, and its name does not end in -0000N-of-\(count), which the others are found by")
    }
    var parts: [GGUFPart] = []
    var tensors: [String: Tensor] = [:]
    for number in 1...count {
      let part = number == name.number ? opened : try GGUFPart(path: name.path(number))
      guard let tensorCount = (parts.first ?? part).metadata["split.tensors.count"]?.int else {
        throw .malformed(part.file.path, "it has no split.tensors.count, and should be part \(number) of \(count)")
      }
      try part.check(number: number, of: count, tensorCount: tensorCount)
      for (name, tensor) in part.tensors {
        guard tensors.updateValue(tensor, forKey: name) == nil else {
          throw .malformed(part.file.path, "it has the tensor \(name), which an earlier part has too")
        }
      }
      parts.append(part)
      guard number < count || tensors.count == tensorCount else {
        throw .malformed(part.file.path, "the \(count) parts have \(tensors.count) tensors, and should have \(tensorCount)")
      }
    }
    files = parts.map(\.file)
    version = parts[0].version
    metadata = parts[0].metadata
    self.tensors = tensors
  }

  /// The file's name without its ending, and without the number of its part.
  package var name: String {
    let whole = SplitName(path: path)?.prefix ?? (path.hasSuffix(".gguf") ? String(path.dropLast(5)) : path)
    return String(whole[(whole.lastIndex(of: "/").map { whole.index(after: $0) } ?? whole.startIndex)...])
  }
}

// MARK: - Typed access

extension GGUFFile {
  /// A metadata integer that must be there and lie in a range.
  package func integer(_ key: String, in range: ClosedRange<Int>) throws(ModelFileError) -> Int {
    guard let value = metadata[key] else { throw .missing(key, in: path, "the metadata has no such entry") }
    guard let integer = value.int, range.contains(integer) else {
      throw .missing(key, in: path, "it is \(value.summary), expected an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  /// A metadata integer that may be written once for each of `count` layers: then all must be the same and in the range.
  package func integer(_ key: String, sameForAll count: Int, in range: ClosedRange<Int>) throws(ModelFileError) -> Int {
    guard let values = metadata[key]?.ints else { return try integer(key, in: range) }
    guard values.count == count, let first = values.first, values.allSatisfy({ $0 == first }), range.contains(first) else {
      throw .missing(
        key, in: path, "it has \(values.count) values, expected the same one from \(range.lowerBound) to \(range.upperBound) for \(count) layers")
    }
    return first
  }

  /// A finite metadata number; `fallback` when the entry is not there.
  package func number(_ key: String, default fallback: Double? = nil) throws(ModelFileError) -> Double {
    guard let value = metadata[key] else {
      guard let fallback else { throw .missing(key, in: path, "the metadata has no such entry") }
      return fallback
    }
    guard let number = value.double, number.isFinite else { throw .missing(key, in: path, "it is \(value.summary), expected a number") }
    return number
  }

  /// A metadata string that must be there.
  package func string(_ key: String) throws(ModelFileError) -> String {
    guard let value = metadata[key]?.string else { throw .missing(key, in: path, "the metadata has no such text") }
    return value
  }

  /// A tensor that must be there with this shape (GGUF's order).
  package func tensor(_ name: String, shape: [Int]) throws(ModelFileError) -> Tensor {
    guard let tensor = tensors[name] else { throw .missing("tensor \(name)", in: path) }
    guard tensor.shape == shape else { throw .missing("tensor \(name)", in: path, "its shape is \(tensor.shape), expected \(shape)") }
    return tensor
  }
}
