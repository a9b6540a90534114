/// Floats at an address that does not move, so that parts of a job can write them side by side.
///
/// `@unchecked Sendable`: whoever shares it sees to it that parts write disjoint ranges.
@safe package final class FloatBuffer: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>

  /// - Parameter count: Floats; what is in them is not defined.
  package init(count: Int) { unsafe base = .allocate(capacity: max(1, count)) }
  deinit { unsafe base.deallocate() }
}
