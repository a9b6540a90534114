import Foundation

/// A model in safetensors (https://github.com/huggingface/safetensors, "Format"), memory-mapped.
///
/// The file: u64 length of the header, the header as JSON (name → dtype, shape, data_offsets), then the data. Every tensor must lie inside
/// the data and be exactly as long as its dtype and shape say.
package struct SafetensorsFile: Sendable {
  package let file: MappedFile
  /// Shapes in GGUF's order: reversed, the contiguous dimension first.
  package let tensors: [String: Tensor]
  /// The header's `__metadata__`.
  package let metadata: [String: String]

  package var path: String { file.path }

  /// Real headers have kilobytes; the format's reference implementation stops at the same limit.
  private static let headerByteLimit = 100_000_000

  private struct Entry: Decodable {
    var dtype: String
    var shape: [Int]
    var dataOffsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case dataOffsets = "data_offsets"
    }
  }

  /// The header: tensors, and one entry of text.
  private struct Header: Decodable {
    var entries: [String: Entry] = [:]
    var metadata: [String: String] = [:]
    var memberCount = 0

    struct Name: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      memberCount = container.allKeys.count
      for name in container.allKeys {
        if name.stringValue == "__metadata__" {
          metadata = try container.decode([String: String].self, forKey: name)
        } else {
          entries[name.stringValue] = try container.decode(Entry.self, forKey: name)
        }
      }
    }
  }

  package init(path: String) throws(ModelFileError) {
    let file = try MappedFile(path: path)
    var reader = BoundedReader(file)
    let length = try reader.count(of: "bytes in its header", minimumByteCount: 1)
    guard (2...Self.headerByteLimit).contains(length) else { throw .malformed(path, at: 0, "its header has \(length) bytes") }
    let dataStart = 8 + length
    let header: Header
    do {
      let json = unsafe file.withBytes(8..<dataStart) { unsafe Data($0) }
      let (depth, memberCount) = Self.outline(of: json)
      guard json.first == UInt8(ascii: "{"), depth <= 8 else {
        throw ModelFileError.malformed(path, at: 8, "its header is not a JSON object")
      }
      header = try JSONDecoder().decode(Header.self, from: json)
      // The decoder keeps one of several members of the same name, so a name that is there twice shows in their number.
      guard memberCount == header.memberCount else {
        throw ModelFileError.malformed(
          path, at: 8, "its header has \(memberCount) entries under \(header.memberCount) names: a name is there twice")
      }
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw .malformed(path, at: 8, "its header cannot be understood: \(error)")
    }

    var tensors: [String: Tensor] = [:]
    let dataCount = file.byteCount - dataStart
    for (name, entry) in header.entries {
      let type = try Self.type(of: entry.dtype, name: name, path: path)
      let shape = Array(entry.shape.reversed())
      guard entry.dataOffsets.count == 2, let begin = entry.dataOffsets.first, let end = entry.dataOffsets.last,
        begin >= 0, begin <= end, end <= dataCount
      else { throw .malformed(path, "\(name) lies at \(entry.dataOffsets), and the data has \(dataCount) bytes") }
      guard shape.count <= 8, let size = Tensor.byteCount(of: type, shape: shape), size == end - begin else {
        throw .malformed(path, "\(name) has shape \(entry.shape) of \(entry.dtype), and \(end - begin) bytes")
      }
      tensors[name] = Tensor(name: name, type: type, shape: shape, file: file, byteRange: dataStart + begin..<dataStart + end)
    }
    if let (first, second) = Tensor.overlap(in: tensors.values) { throw .malformed(path, "\(first.name) and \(second.name) share bytes") }
    self.file = file
    self.tensors = tensors
    metadata = header.metadata
  }

  private static func type(of dtype: String, name: String, path: String) throws(ModelFileError) -> TensorType {
    switch dtype {
    case "F64": .f64
    case "F32": .f32
    case "F16": .f16
    case "BF16": .bf16
    case "I64": .i64
    case "I32": .i32
    case "I16": .i16
    case "I8", "U8", "BOOL": .i8
    default: throw .malformed(path, "\(name) has the type \(dtype), which is not one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL")
    }
  }

  /// Brackets open at once, outside strings (a header needs three, and a decoder that recurses must not be given a million), and the
  /// members of the outermost object.
  private static func outline(of json: Data) -> (depth: Int, memberCount: Int) {
    var (depth, deepest, memberCount, inString, escaped) = (0, 0, 0, false, false)
    for byte in json {
      if escaped {
        escaped = false
      } else if inString {
        if byte == UInt8(ascii: "\\") { escaped = true } else if byte == UInt8(ascii: "\"") { inString = false }
      } else if byte == UInt8(ascii: "\"") {
        inString = true
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        depth += 1
        deepest = max(deepest, depth)
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        depth -= 1
      } else if byte == UInt8(ascii: ":"), depth == 1 {
        memberCount += 1
      }
    }
    return (deepest, memberCount)
  }

  /// A tensor that must be there with this shape (GGUF's order).
  package func tensor(_ name: String, shape: [Int]) throws(ModelFileError) -> Tensor {
    guard let tensor = tensors[name] else { throw .missing("tensor \(name)", in: path) }
    guard tensor.shape == shape else {
      throw .missing("tensor \(name)", in: path, "its shape is \(Array(tensor.shape.reversed())), expected \(Array(shape.reversed()))")
    }
    return tensor
  }
}
