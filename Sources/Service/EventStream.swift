import HTTPTypes
import Hummingbird
import NIOCore

/// Server-sent events: `event:` and `data:` lines (WHATWG HTML, section 9.2). JSON without line breaks is one `data:` line.
enum EventStream {
  static func event(_ name: String, _ value: some Encodable) -> ByteBuffer {
    var bytes = ByteBuffer(string: "event: \(name)\n")
    bytes.writeImmutableBuffer(data(value))
    return bytes
  }

  static func data(_ value: some Encodable) -> ByteBuffer {
    var bytes = ByteBuffer(string: "data: ")
    bytes.writeImmutableBuffer(JSONText.bytes(of: value))
    bytes.writeString("\n\n")
    return bytes
  }

  /// What OpenAI's streams end with.
  static let done = ByteBuffer(string: "data: [DONE]\n\n")

  /// A response that writes an event stream.
  ///
  /// The first event is awaited before there is a response, so that what goes wrong until then has a status of its own.
  ///
  /// - Parameters:
  ///   - frames: The bytes for an event.
  ///   - failure: The bytes for an error after the first event.
  static func response<Event: Sendable>(
    _ events: AsyncThrowingStream<Event, any Error>, opening: ByteBuffer? = nil, frames: @escaping @Sendable (Event) -> [ByteBuffer],
    failure: @escaping @Sendable (any Error) -> ByteBuffer, closing: ByteBuffer? = nil
  ) async throws -> Response {
    var iterator = events.makeAsyncIterator()
    let first = try await iterator.next()
    let body = ResponseBody { writer in
      if let opening { try await writer.write(opening) }
      do {
        if let first { for frame in frames(first) { try await writer.write(frame) } }
        for try await event in events {
          for frame in frames(event) { try await writer.write(frame) }
        }
        if let closing { try await writer.write(closing) }
      } catch {
        // When the client is gone, this throws too, and the connection is closed.
        try await writer.write(failure(error))
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .init("X-Accel-Buffering")!: "no"], body: body)
  }
}
