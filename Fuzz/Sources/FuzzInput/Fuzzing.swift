import CFuzzer
import Foundation

/// Runs libFuzzer with the process's arguments, and gives each input to a reader: as bytes, or as a file, because that is what readers map.
package enum Fuzzing {
  /// Encoders are told apart by their names: a file of this ending, or a folder.
  private static let path = "/dev/shm/quarry-fuzz-\(getpid()).gguf"
  /// Set once, before the driver starts; libFuzzer calls it on one thread.
  nonisolated(unsafe) private static var read: ([UInt8]) -> Void = { _ in }

  /// - Parameter read: Reads the file at a path; it traps on what must never be.
  package static func run(_ read: @escaping (String) -> Void) -> Never { runOnBytes { withFile($0, read) } }

  /// - Parameter read: Reads an input; it traps on what must never be.
  package static func runOnBytes(_ read: @escaping ([UInt8]) -> Void) -> Never {
    unsafe Self.read = read
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    exit(
      unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        unsafe Fuzzing.read(Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
      })
  }

  /// Gives bytes as a file, which is there during `body`.
  package static func withFile(_ bytes: [UInt8], _ body: (String) -> Void) {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0, "no file in /dev/shm")
    precondition(unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) } == bytes.count, "/dev/shm is full")
    close(descriptor)
    body(path)
    unsafe unlink(path)
  }
}
