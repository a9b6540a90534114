/// One file of GGUF: a model, or a part of one.
struct GGUFPart {
  let file: MappedFile
  let version: UInt32
  let metadata: [String: MetadataValue]
  let tensors: [String: Tensor]

  init(path: String) throws(ModelFileError) {
    let file = try MappedFile(path: path)
    var reader = BoundedReader(file)
    guard file.byteCount >= 24, try reader.integer(UInt32.self) == 0x4655_4747 else {
      throw .malformed(path, at: 0, "it does not begin with GGUF")
    }
    version = try reader.integer()
    guard (2...3).contains(version) else { throw .malformed(path, at: 4, "it is GGUF version \(version); 2 and 3 can be read") }
    // A tensor's entry takes at least 24 bytes, a metadata entry at least 13.
    let tensorCount = try reader.count(of: "tensors", minimumByteCount: 24)
    let entryCount = try reader.count(of: "metadata entries", minimumByteCount: 13)

    guard entryCount <= Self.entryLimit else { throw .malformed(path, at: 16, "it has \(entryCount) metadata entries (\(Self.entryLimit) at most)") }
    guard tensorCount <= Self.tensorLimit else { throw .malformed(path, at: 8, "it has \(tensorCount) tensors (\(Self.tensorLimit) at most)") }

    var metadata: [String: MetadataValue] = [:]
    var elementsLeft = Self.elementLimit
    for _ in 0..<entryCount {
      let start = reader.offset
      let key = try reader.string()
      let value = try Self.value(from: &reader, elementsLeft: &elementsLeft)
      guard metadata.updateValue(value, forKey: key) == nil else { throw .malformed(path, at: start, "the metadata key \(key) is there twice") }
    }
    self.metadata = metadata
    self.file = file
    tensors = try Self.tensors(count: tensorCount, metadata: metadata, reader: &reader)
  }

  /// Parts of the model: more than one when the file says so.
  func partCount() throws(ModelFileError) -> Int {
    guard let value = metadata["split.count"] else { return 1 }
    guard let count = value.int, (0...99_999).contains(count) else {
      throw .malformed(file.path, "split.count is \(value.summary), expected a number up to 99999")
    }
    return max(1, count)
  }

  /// Checks what the file says about itself as a part: its number from 1, and the number of tensors of all parts.
  func check(number: Int, of count: Int, tensorCount: Int) throws(ModelFileError) {
    func expect(_ key: String, _ expected: Int) throws(ModelFileError) {
      guard let value = metadata[key] else { throw .malformed(file.path, "it has no \(key), and should be part \(number) of \(count)") }
      guard value.int == expected else {
        throw .malformed(file.path, "its \(key) is \(value.summary), expected \(expected) for part \(number) of \(count)")
      }
    }
    try expect("split.count", count)
    try expect("split.no", number - 1)
    try expect("split.tensors.count", tensorCount)
  }

  // MARK: Metadata

  private static func value(from reader: inout BoundedReader, elementsLeft: inout Int) throws(ModelFileError) -> MetadataValue {
    let start = reader.offset
    let type = try reader.integer(UInt32.self)
    guard type == 9 else { return try scalar(type, at: start, from: &reader) }
    let elementType = try reader.integer(UInt32.self)
    let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8]
    guard let size = sizes[elementType] else {
      throw .malformed(reader.file.path, at: start, "an array holds values of type \(elementType), which cannot be read")
    }
    let count = try reader.count(of: "array elements", minimumByteCount: size)
    guard count <= elementsLeft else {
      throw .malformed(reader.file.path, at: start, "its arrays have more elements than any vocabulary needs (\(elementLimit) at most)")
    }
    elementsLeft -= count
    switch elementType {
    case 6, 12:
      var values: [Float] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(Float(try scalar(elementType, at: start, from: &reader).double ?? .nan)) }
      return .floats(values)
    case 7:
      var values: [Bool] = []
      for _ in 0..<count { values.append(try scalar(7, at: start, from: &reader) == .bool(true)) }
      return .bools(values)
    case 8:
      var values: [String] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try reader.string()) }
      return .strings(values)
    default:
      var values: [Int64] = []
      values.reserveCapacity(count)
      for _ in 0..<count {
        guard case .integer(let value) = try scalar(elementType, at: start, from: &reader) else {
          throw .malformed(reader.file.path, at: start, "an array holds a number above 2^63")
        }
        values.append(value)
      }
      return .integers(values)
    }
  }

  // In memory all of these take many times their room in the file.

  /// Elements of all arrays together; the largest vocabulary that is known has a million, with as many merges, scores and types.
  private static let elementLimit = 1 << 23
  private static let entryLimit = 1 << 16
  /// The largest mixtures of experts have less than a hundred thousand.
  private static let tensorLimit = 1 << 18

  private static func scalar(_ type: UInt32, at start: Int, from reader: inout BoundedReader) throws(ModelFileError) -> MetadataValue {
    switch type {
    case 0: .integer(Int64(try reader.integer(UInt8.self)))
    case 1: .integer(Int64(try reader.integer(Int8.self)))
    case 2: .integer(Int64(try reader.integer(UInt16.self)))
    case 3: .integer(Int64(try reader.integer(Int16.self)))
    case 4: .integer(Int64(try reader.integer(UInt32.self)))
    case 5: .integer(Int64(try reader.integer(Int32.self)))
    case 6: .float(Double(Float(bitPattern: try reader.integer())))
    case 7: .bool(try reader.integer(UInt8.self) != 0)
    case 8: .string(try reader.string())
    case 10: unsigned(try reader.integer())
    case 11: .integer(try reader.integer())
    case 12: .float(Double(bitPattern: try reader.integer()))
    default: throw .malformed(reader.file.path, at: start, "a metadata value has the type \(type), which cannot be read")
    }
  }

  private static func unsigned(_ value: UInt64) -> MetadataValue { Int64(exactly: value).map { .integer($0) } ?? .unsigned(value) }

  // MARK: Tensors

  private static func tensors(
    count: Int, metadata: [String: MetadataValue], reader: inout BoundedReader
  ) throws(ModelFileError) -> [String: Tensor] {
    let file = reader.file
    let stated = metadata["general.alignment"] ?? .integer(32)
    guard let alignment = stated.int, alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
      throw .malformed(file.path, "general.alignment is \(stated.summary), expected a power of two up to 2^20")
    }
    var entries: [(name: String, type: TensorType, shape: [Int], offset: UInt64, start: Int)] = []
    for _ in 0..<count {
      let start = reader.offset
      let name = try reader.string()
      guard !name.isEmpty, name.utf8.count < 64 else { throw .malformed(file.path, at: start, "a tensor's name has \(name.utf8.count) bytes") }
      let dimensionCount = try reader.integer(UInt32.self)
      guard (1...4).contains(dimensionCount) else { throw .malformed(file.path, at: start, "\(name) has \(dimensionCount) dimensions") }
      var shape: [Int] = []
      for _ in 0..<dimensionCount {
        guard let dimension = Int(exactly: try reader.integer(UInt64.self)), dimension > 0 else {
          throw .malformed(file.path, at: start, "\(name) has a dimension that is nothing or too large")
        }
        shape.append(dimension)
      }
      let typeID = try reader.integer(UInt32.self)
      guard let type = TensorType(rawValue: typeID) else {
        let known = TensorType.allCases.map(\.name).joined(separator: ", ")
        throw .malformed(file.path, at: start, "\(name) has the type \(typeID), which is not one of \(known)")
      }
      entries.append((name, type, shape, try reader.integer(), start))
    }

    // The reader's offset is inside the file, so rounding it up to 1 MiB at most cannot overflow.
    let dataStart = (reader.offset + alignment - 1) / alignment * alignment
    var tensors: [String: Tensor] = [:]
    for entry in entries {
      guard let size = Tensor.byteCount(of: entry.type, shape: entry.shape) else {
        throw .malformed(file.path, at: entry.start, "\(entry.name) has a shape \(entry.shape) that does not fit blocks of \(entry.type.name)")
      }
      guard let offset = Int(exactly: entry.offset), offset % alignment == 0 else {
        throw .malformed(file.path, at: entry.start, "\(entry.name) lies at \(entry.offset), which is not a multiple of \(alignment)")
      }
      let (begin, overflow) = dataStart.addingReportingOverflow(offset)
      guard !overflow, begin <= file.byteCount, size <= file.byteCount - begin else {
        throw .malformed(
          file.path, at: entry.start, "\(entry.name) reaches beyond the end: \(size) bytes at \(entry.offset), the file has \(file.byteCount)")
      }
      let tensor = Tensor(name: entry.name, type: entry.type, shape: entry.shape, file: file, byteRange: begin..<begin + size)
      guard tensors.updateValue(tensor, forKey: entry.name) == nil else {
        throw .malformed(file.path, at: entry.start, "\(entry.name) is there twice")
      }
    }
    if let (first, second) = Tensor.overlap(in: tensors.values) { throw .malformed(file.path, "\(first.name) and \(second.name) share bytes") }
    return tensors
  }
}
