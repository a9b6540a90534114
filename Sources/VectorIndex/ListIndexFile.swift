import CFaiss
package import DurableFiles
import Foundation

/// Writes an index of lists (`VectorIndex.Kind.lists`), of vectors that need not fit into memory: what is held is a sample, a few numbers a vector, and
/// what is being added.
@safe package final class ListIndexFile {
  private let path: String
  private let dimension: Int
  private let count: Int
  private let listCount: Int
  private let centres: [Float]
  private let file: DurableFile
  /// Codes in the order of adding, until their lists are known.
  private let scratch: ScratchFile
  private var scales: [Float] = []
  private var lists: [Int32] = []

  /// Lists for so many vectors: 4 · √n, as FAISS's guidelines have it.
  package static func listCount(for count: Int) -> Int { max(1, min(count, Int(4 * Double(count).squareRoot()))) }

  /// The positions, rising, of the vectors that the lists are made for: 64 for each, within 200 MB of 384 numbers.
  package static func samplePositions(of count: Int) -> [Int] {
    let lists = listCount(for: count)
    let sampleCount = min(count, max(lists, min(64 * lists, 131_072)))
    return (0..<sampleCount).map { $0 * count / sampleCount }
  }

  /// - Parameters:
  ///   - labels: A number for each vector that will be added.
  ///   - sample: The vectors at `samplePositions`, one after the other.
  ///   - before: Called before each step of writing, for tests: what it throws is what the step fails with.
  package init(
    path: String, dimension: Int, labels: [Int64], sample: [Float], before: @escaping (FileStep) throws -> Void = { _ in }
  ) throws(VectorIndexError) {
    let count = labels.count
    guard count > 0, sample.count == Self.samplePositions(of: count).count * dimension else {
      throw .wrongDimension(expected: dimension, found: sample.count)
    }
    try checkFinite(sample)
    let listCount = Self.listCount(for: count)
    var centres = [Float](repeating: 0, count: listCount * dimension)
    // All pointers live for the call, and hold what the shape says.
    try unsafe callEngine("make lists") { message, capacity in
      unsafe qf_lists_train(sample, sample.count / dimension, dimension, listCount, &centres, message, capacity)
    }
    (self.path, self.dimension, self.count, self.listCount, self.centres) = (path, dimension, count, listCount, centres)
    do throws(DurableFileError) {
      file = try DurableFile(path: path, kind: kindOfVectorFile, version: VectorIndex.fileVersion, before: before)
      scratch = try ScratchFile(path: path + ".scratch.tmp", byteLimit: count * dimension, before: before)
      try file.write([2, dimension, count, count, 0, listCount, 0, 0].map { UInt64($0).littleEndian })
      try file.write(labels.map(\.littleEndian))
      try file.pad()
    } catch {
      throw .file(error)
    }
    scales.reserveCapacity(count)
    lists.reserveCapacity(count)
  }

  /// Adds vectors, one after the other in `vectors`, in the order of the labels.
  package func add(_ vectors: [Float]) throws(VectorIndexError) {
    let added = vectors.count / dimension
    guard vectors.count.isMultiple(of: dimension), lists.count + added <= count else {
      throw .wrongDimension(expected: dimension, found: vectors.count)
    }
    try checkFinite(vectors)
    var newLists = [Int32](repeating: 0, count: added)
    var newScales = [Float](repeating: 0, count: added)
    var codes = [UInt8](repeating: 0, count: vectors.count)
    try unsafe callEngine("assign vectors to lists") { message, capacity in
      unsafe qf_lists_assign(centres, listCount, dimension, vectors, added, &newLists, &codes, &newScales, message, capacity)
    }
    lists += newLists
    scales += newScales
    do throws(DurableFileError) {
      try file.write(vectors)
      try scratch.append(codes)
    } catch {
      throw .file(error)
    }
  }

  /// Makes the file durable under its name, when all vectors are there.
  ///
  /// - Returns: The checksum, in lower-case hexadecimal.
  package func finish() throws(VectorIndexError) -> String {
    guard lists.count == count else { throw .engine("make lists", "\(count) vectors were announced, and \(lists.count) came") }
    var starts = [Int64](repeating: 0, count: listCount + 1)
    for list in lists { starts[Int(list) + 1] += 1 }
    for list in 0..<listCount { starts[list + 1] += starts[list] }
    var next = starts
    var members = [Int32](repeating: 0, count: count)
    for (position, list) in lists.enumerated() {
      members[Int(next[Int(list)])] = Int32(position)
      next[Int(list)] += 1
    }
    do throws(DurableFileError) {
      try file.pad()
      try file.write(centres)
      try file.pad()
      try file.write(starts)
      try file.pad()
      try writeCodes(of: members)
      try file.pad()
      try file.write(members.map { scales[Int($0)] })
      try file.pad()
      try file.write(members)
      try file.pad()
      return try file.seal()
    } catch {
      throw .file(error)
    }
  }

  /// The codes of some positions, from the scratch file.
  private func writeCodes(of members: [Int32]) throws(DurableFileError) {
    try unsafe scratch.withBytes { codes throws(DurableFileError) in
      for position in members {
        try unsafe file.write(UnsafeRawBufferPointer(rebasing: codes[(Int(position) * dimension)..<((Int(position) + 1) * dimension)]))
      }
    }
  }
}
