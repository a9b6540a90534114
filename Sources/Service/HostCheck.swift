/// Which names a request may come under, so that a web page elsewhere can not talk to a service on this machine: neither by pointing its own
/// name here (DNS rebinding) nor by sending requests across origins.
struct HostCheck: Sendable {
  private let names: Set<String>
  private let allowsAddresses: Bool

  init(_ configuration: ServiceConfiguration) {
    names = Set(["127.0.0.1", "localhost", "::1", configuration.host.lowercased()] + configuration.allowedHosts.map { $0.lowercased() })
    // Rebinding needs a name, so a plain address is no danger where others may come in at all.
    allowsAddresses = configuration.allowRemote
  }

  /// - Parameters:
  ///   - authority: The `Host` header.
  ///   - origin: The `Origin` header, which browsers send.
  func check(authority: String?, origin: String?) throws {
    guard let authority, let name = Self.name(of: authority), names.contains(name) || (allowsAddresses && Self.isAddress(name)) else {
      throw ServiceError.hostNotAllowed
    }
    guard let origin else { return }
    let scheme = ["http://", "https://"].first { origin.lowercased().hasPrefix($0) }
    guard let scheme, origin.dropFirst(scheme.count).lowercased() == authority.lowercased() else { throw ServiceError.originNotAllowed }
  }

  /// The name without its port and brackets, in lower case.
  static func name(of authority: String) -> String? {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]"), isPort(authority[authority.index(after: end)...]) else { return nil }
      return authority[authority.index(after: authority.startIndex)..<end].lowercased()
    }
    let end = authority.firstIndex(of: ":") ?? authority.endIndex
    guard isPort(authority[end...]) else { return nil }
    return authority[..<end].lowercased()
  }

  /// Nothing, or `:` and digits.
  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || (text.first == ":" && text.dropFirst().allSatisfy { $0.isASCII && $0.isNumber })
  }

  /// Whether an address or name leads to this machine only.
  static func isLoopback(_ host: String) -> Bool {
    host.lowercased() == "localhost" || host == "::1" || (host.hasPrefix("127.") && isAddress(host))
  }

  private static func isAddress(_ name: String) -> Bool {
    if name.contains(":") { return name.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { $0.count <= 3 && UInt8($0) != nil }
  }
}
