import CFuzzer
import Foundation

/// Runs libFuzzer with the process's arguments, and gives each input as a file, because that is what readers map.
package enum Fuzzing {
  private static let path = "/dev/shm/quarry-fuzz-\(getpid())"
  /// Set once, before the driver starts; libFuzzer calls it on one thread.
  nonisolated(unsafe) private static var read: (String) -> Void = { _ in }

  /// - Parameter read: Reads the file at a path; it traps on what must never be.
  package static func run(_ read: @escaping (String) -> Void) -> Never {
    unsafe Self.read = read
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    exit(
      unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        let descriptor = unsafe open(Fuzzing.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "no file in /dev/shm")
        precondition(unsafe write(descriptor, start, count) == count, "/dev/shm is full")
        close(descriptor)
        unsafe Fuzzing.read(Fuzzing.path)
        unsafe unlink(Fuzzing.path)
        return 0
      })
  }
}
