/// Memory at an address that does not move, at a cache line's start: kernels that read whole lines are slow on others.
///
/// `@unchecked Sendable`: whoever shares it sees to it that parts of a job write disjoint ranges.
@safe final class AlignedMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer

  /// - Parameter byteCount: What is in them is not defined.
  init(byteCount: Int) { unsafe base = .allocate(byteCount: max(1, byteCount), alignment: 64) }
  deinit { unsafe base.deallocate() }

  convenience init(floatCount: Int) { self.init(byteCount: floatCount * MemoryLayout<Float>.stride) }

  var floats: UnsafeMutablePointer<Float> { unsafe base.assumingMemoryBound(to: Float.self) }
}
