import Foundation
import ModelFile
import Testing

@Suite struct SafetensorsFileTests {
  private func file(_ header: String, data: Int = 48, length: UInt64? = nil) -> [UInt8] {
    GGUFWriter.bytes(length ?? UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  private let right =
    #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"b":{"dtype":"I64","shape":[2],"data_offsets":[32,48]}}"#

  @Test func aRightFileIsRead() throws {
    let file = try TemporaryFile(file(right))
    let safetensors = try SafetensorsFile(path: file.path)
    #expect(safetensors.metadata == ["format": "pt"])
    #expect(try safetensors.tensor("a", shape: [4, 2]).type == .f32)
    #expect(safetensors.tensors["b"]?.shape == [2])
    #expect(throws: ModelFileError.self) { try safetensors.tensor("a", shape: [2, 4]) }
    #expect(throws: ModelFileError.self) { try safetensors.tensor("c", shape: [1]) }
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,31]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[32,64]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[32,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[-32,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[-2,-4],"data_offsets":[0,32]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,32]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"b":{"dtype":"F32","shape":[2,4],"data_offsets":[16,48]}}"#,
    #"{"a":{"dtype":"F32","shape":[524288,524288],"data_offsets":[0,1099511627776]}}"#,
    #"{"a":{"dtype":"F8","shape":[2,4],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,32]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"\u0061":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]}}"#,
    #"{"__metadata__":{},"__metadata__":{}}"#,
    #"{"a":7}"#, "[]", "{", "{}x", "\"\"", "nul",
  ])
  func wrongHeadersAreRefused(header: String) throws {
    let file = try TemporaryFile(file(header))
    #expect(throws: ModelFileError.self) { try SafetensorsFile(path: file.path) }
  }

  /// What is not allowed to be there twice is counted outside strings.
  @Test func namesMayLookLikeSyntax() throws {
    let header =
      #"{"a\":{b":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"__metadata__":{"x:y":"{:\\","z":"\":"},"c:":{"dtype":"I8","shape":[],"data_offsets":[32,33]}}"#
    let file = try TemporaryFile(file(header))
    let safetensors = try SafetensorsFile(path: file.path)
    #expect(Set(safetensors.tensors.keys) == ["a\":{b", "c:"])
    #expect(safetensors.metadata == ["x:y": "{:\\", "z": "\":"])
  }

  @Test func lengthsAreChecked() throws {
    for length: UInt64 in [0, 1, 10_000, 1 << 40, .max] {
      let file = try TemporaryFile(file(right, length: length))
      #expect(throws: ModelFileError.self, "\(length)") { try SafetensorsFile(path: file.path) }
    }
  }

  @Test func deepHeadersAreNoStackOverflow() throws {
    let file = try TemporaryFile(file(#"{"a":"# + String(repeating: "[", count: 200_000)))
    #expect(throws: ModelFileError.self) { try SafetensorsFile(path: file.path) }
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = file(right)
    for count in 0..<whole.count {
      let file = try TemporaryFile(Array(whole.prefix(count)))
      #expect(throws: ModelFileError.self, "cut to \(count) bytes") { try SafetensorsFile(path: file.path) }
    }
  }

  @Test func damagedFilesNeverTrap() throws {
    let whole = file(right)
    var random = SeededGenerator(state: 2)
    var readCount = 0
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let file = try TemporaryFile(bytes)
      guard let safetensors = try? SafetensorsFile(path: file.path) else { continue }
      readCount += 1
      for tensor in safetensors.tensors.values {
        #expect(tensor.byteRange.upperBound <= bytes.count)
        #expect(tensor.byteRange.count == tensor.elementCount * tensor.type.blockByteCount)
      }
    }
    #expect(readCount > 0)
  }
}
