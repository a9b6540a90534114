import Foundation

/// A connection to a service on this machine, byte by byte.
final class RawConnection: Sendable {
  private let descriptor: Int32

  struct Failed: Error { let step: String }

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failed(step: "socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard status == 0 else {
      Foundation.close(descriptor)
      throw Failed(step: "connect")
    }
  }

  func send(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw Failed(step: "send") }
      bytes = bytes.dropFirst(count)
    }
  }

  /// What comes until the text holds `end`, or until the service closes.
  func receive(until end: String? = nil) async -> String {
    await withCheckedContinuation { continuation in
      // A thread of its own: a dispatch queue gets one more only every second while all others wait.
      Thread.detachNewThread { [descriptor] in
        var received: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
          let count = recv(descriptor, &part, part.count, 0)
          guard count > 0 else { break }
          received += part[..<count]
          if let end, String(decoding: received, as: UTF8.self).contains(end) { break }
        }
        continuation.resume(returning: String(decoding: received, as: UTF8.self))
      }
    }
  }

  func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  deinit { Foundation.close(descriptor) }

  /// A whole request.
  static func request(_ method: String, _ path: String, body: String? = nil, host: String? = "127.0.0.1", headers: [String] = []) -> String {
    var lines = ["\(method) \(path) HTTP/1.1"]
    if let host { lines.append("Host: \(host)") }
    if let body { lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
    return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
  }
}
