import Foundation

/// Memory of this process that is in RAM now, from /proc; 0 where that does not say.
struct ProcessMemory {
  /// All of it, pages of mapped files included.
  let residentBytes: Double
  /// What is no page of a file.
  let anonymousBytes: Double

  init() {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    // Size, resident, shared.
    let pages = fields.prefix(3).map { Double($0) ?? 0 }
    let pageByteCount = Double(sysconf(Int32(_SC_PAGESIZE)))
    residentBytes = pages.count == 3 ? pages[1] * pageByteCount : 0
    anonymousBytes = pages.count == 3 ? (pages[1] - pages[2]) * pageByteCount : 0
  }
}
