import Foundation

/// A small generator, so that every run has the same vectors.
struct Generator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// About normal: a sum of six uniform numbers.
  mutating func normal() -> Float { (0..<6).reduce(0) { sum, _ in sum + Float.random(in: -0.5..<0.5, using: &self) } * 1.414 }
}

/// `count` unit vectors around `clusterCount` centers, as texts on a number of subjects have them.
func clusteredVectors(count: Int, dimension: Int, clusterCount: Int = 40, seed: UInt64) -> [[Float]] {
  var shared = Generator(seed: 1)
  let centers = (0..<clusterCount).map { _ in (0..<dimension).map { _ in shared.normal() } }
  var generator = Generator(seed: seed)
  return (0..<count).map { _ in
    let center = centers[Int.random(in: 0..<clusterCount, using: &generator)]
    let vector = center.map { $0 + 0.8 * generator.normal() }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / length }
  }
}

/// Positions of the largest inner products, computed in double precision.
func bruteForce(_ vectors: [[Float]], _ query: [Float], limit: Int) -> [(position: Int, score: Double)] {
  vectors.enumerated().map { (position: $0, score: zip($1, query).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }) }
    .sorted { ($0.score, $1.position) > ($1.score, $0.position) }.prefix(limit).map { $0 }
}

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-vectors-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
