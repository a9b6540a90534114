import Foundation

/// Memory for weights, in pages of 2 MiB where the system has them, handed out piece by piece.
///
/// Decoding reads every weight once a token. In pages of 4 KiB that is a look-up of an address for each of them, and the processor does not read
/// ahead beyond a page: up to an eighth of the time (measured in a virtual machine, where a look-up is two, and noisily: 0 to 12 %).
package struct LargePages {
  private static let pageByteCount = 2 << 20
  /// What is asked for at once; pages that nothing is written to are never there.
  private static let regionByteCount = 32 << 20

  @safe private final class Region {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
      self.byteCount = byteCount
      unsafe base = .allocate(byteCount: byteCount, alignment: LargePages.pageByteCount)
      #if os(Linux)
        // A wish: without large pages it is memory all the same.
        _ = unsafe madvise(base, byteCount, Int32(MADV_HUGEPAGE))
      #endif
    }

    deinit { unsafe base.deallocate() }
  }

  private var region: Region?
  private var takenByteCount = 0

  package init() {}

  /// A piece at a cache line's start; what is in it is not defined. The memory is given back when the last piece of it is.
  package mutating func take(byteCount: Int) -> AlignedMemory {
    let needed = (max(1, byteCount) + 63) / 64 * 64
    if region.map({ needed > $0.byteCount - takenByteCount }) ?? true {
      let pages = (needed + Self.pageByteCount - 1) / Self.pageByteCount
      region = Region(byteCount: max(Self.regionByteCount, pages * Self.pageByteCount))
      takenByteCount = 0
    }
    guard let region else { preconditionFailure("a region was just made") }
    defer { takenByteCount += needed }
    // Inside of the region: that is what `needed` was compared with.
    return unsafe AlignedMemory(pieceAt: region.base + takenByteCount, of: region)
  }
}
