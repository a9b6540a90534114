import Foundation

/// The real `quarry` binary, run as a user would run it.
struct QuarryProcess {
  struct Result {
    let status: Int32
    let output: String
    let errors: String

    /// Standard output as JSON.
    var json: [String: Any] {
      get throws {
        guard let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] else { throw NotAnObject(text: output) }
        return object
      }
    }
  }

  struct NotAnObject: Error { let text: String }

  /// The folder of the checkout.
  static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// Built into the same folder as the tests.
  static let binary: String = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    if let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"), link.contains("/.build") {
      folder = URL(fileURLWithPath: link).deletingLastPathComponent()
    }
    let path = folder.appendingPathComponent("quarry").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : checkout + "/.build/release/quarry"
  }()

  /// A process that was started and not waited for.
  static func start(
    program: String = binary, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
  ) throws -> (
    process: Process, output: Pipe, errors: Pipe
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output, errors)
  }

  static func run(_ arguments: String..., environment: [String: String] = [:], directory: String? = nil) async throws -> Result {
    try await run(arguments, environment: environment, directory: directory)
  }

  static func run(
    program: String = binary, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
  ) async throws -> Result {
    let (process, output, errors) = try start(program: program, arguments, environment: environment, directory: directory)
    // Both pipes are read at once, so that neither can fill up and stop the process.
    async let outputData = read(output)
    async let errorData = read(errors)
    let (data, errorText) = await (outputData, errorData)
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
      output: String(decoding: data, as: UTF8.self), errors: String(decoding: errorText, as: UTF8.self))
  }

  private static func read(_ pipe: Pipe) async -> Data {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile()) }
    }
  }
}

/// A folder that is deleted when the test ends.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/quarry-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    return file
  }
}
