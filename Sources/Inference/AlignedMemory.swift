/// Memory at an address that does not move, at a cache line's start: kernels that read whole lines are slow on others.
///
/// `@unchecked Sendable`: whoever shares it sees to it that parts of a job write disjoint ranges.
@safe package final class AlignedMemory: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  /// What it is a piece of, which gives it back; `nil` if it stands alone.
  private let whole: AnyObject?

  /// - Parameter byteCount: What is in them is not defined.
  package init(byteCount: Int) {
    unsafe base = .allocate(byteCount: max(1, byteCount), alignment: 64)
    whole = nil
  }

  /// A piece of something larger, which lives as long as its pieces.
  init(pieceAt base: UnsafeMutableRawPointer, of whole: AnyObject) {
    unsafe self.base = base
    self.whole = whole
  }

  deinit { if whole == nil { unsafe base.deallocate() } }

  package convenience init(floatCount: Int) { self.init(byteCount: floatCount * MemoryLayout<Float>.stride) }

  package var floats: UnsafeMutablePointer<Float> { unsafe base.assumingMemoryBound(to: Float.self) }
}
