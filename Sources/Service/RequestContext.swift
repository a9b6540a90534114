import Hummingbird
import NIOCore

/// What belongs to one request: its name, its connection, and until when it may take.
struct ServiceContext: InitializableFromSource {
  /// Names the request in the log and in errors.
  let id: String
  let channel: any Channel
  let start: ContinuousClock.Instant

  init(source: ApplicationRequestContextSource) {
    id = Self.makeID()
    channel = source.channel
    start = .now
  }

  private static func makeID() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
