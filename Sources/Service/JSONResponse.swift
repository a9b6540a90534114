import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// JSON as the service writes it: keys in order, so that the same answer is the same bytes.
enum JSONText {
  static func bytes(of value: some Encodable) -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return ByteBuffer(bytes: try encoder.encode(value))
    } catch {
      preconditionFailure("a result could not be encoded: \(error)")
    }
  }
}

extension Response {
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    var bytes = JSONText.bytes(of: value)
    bytes.writeString("\n")
    return Response(status: status, headers: [.contentType: "application/json; charset=utf-8"], body: ResponseBody(byteBuffer: bytes))
  }
}
