import CGumbo

/// Memory for one parse, given back all at once.
///
/// Gumbo frees its tree by recursion, which overflows the stack on deeply nested pages; with an arena nothing has to walk the tree.
final class HTMLArena {
  private var blocks: [UnsafeMutableRawPointer] = []
  private var free = 0
  private var next: UnsafeMutableRawPointer?
  private static let blockByteCount = 1 << 18

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// Gumbo's options with this arena behind them, which has to outlive the parse and its tree.
  func options() -> GumboOptions {
    var options = kGumboDefaultOptions
    options.userdata = Unmanaged.passUnretained(self).toOpaque()
    options.allocator = { arena, byteCount in
      guard let arena else { return nil }
      return Unmanaged<HTMLArena>.fromOpaque(arena).takeUnretainedValue().allocate(byteCount)
    }
    options.deallocator = { _, _ in }
    options.max_errors = 0
    return options
  }

  private func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let rounded = (max(byteCount, 1) + 15) & ~15
    if rounded > Self.blockByteCount / 4 {
      let block = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: 16)
      blocks.append(block)
      return block
    }
    if rounded > free {
      let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockByteCount, alignment: 16)
      blocks.append(block)
      next = block
      free = Self.blockByteCount
    }
    guard let result = next else { preconditionFailure("an arena block was just made") }
    next = result + rounded
    free -= rounded
    return result
  }
}
