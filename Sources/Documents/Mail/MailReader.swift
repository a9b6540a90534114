import CMail

/// E-mail: one message (EML), or a mailbox of many (MBOX), with its attachments; MIME is taken apart by GMime.
///
/// A message is a record named after its number in a mailbox; what is attached is read as the document that its name says.
struct MailReader {
  let path: String
  let limits: ReadingLimits
  let nesting: Nesting
  let format: DocumentFormat

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let mailbox = Mailbox()
    var tooDeepCount = 0
    let count = (path.lowercased().hasSuffix(".emlx") ? Self.messageOfAppleMail(data) : data).withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map {
        quarry_mail_read(
          $0, bytes.count, format == .mailbox, Int32(limits.nestingDepth / 8), Unmanaged.passUnretained(mailbox).toOpaque(),
          { context, headers in Mailbox.from(context)?.begin(headers.pointee) },
          { context, part in Mailbox.from(context)?.add(part.pointee) }, &tooDeepCount)
      } ?? 0
    }
    guard count > 0 else { throw .malformed(path, "e-mail", "it has no message") }

    var members = MemberDocuments(path: path, limits: limits, nesting: nesting)
    for (number, message) in mailbox.messages.enumerated() {
      try add(message, named: format == .email && number == 0 ? nil : "message \(number + 1)", to: &members)
    }
    if tooDeepCount > 0 {
      members.leaveOut("\(tooDeepCount) parts", "they lie in more than \(limits.nestingDepth / 8) containers and messages")
    }
    let title = format == .mailbox ? "" : label((mailbox.messages.first?.subject ?? "").utf8)
    return try members.document(format, title: title.isEmpty ? nil : title, whyEmpty: "its messages hold no text")
  }

  /// Apple Mail writes the message's bytes as a number before it, and properties of its own behind it.
  private static func messageOfAppleMail(_ data: [UInt8]) -> [UInt8] {
    guard let lineEnd = data.firstIndex(of: UInt8(ascii: "\n")),
      let count = Int(String(decoding: data[..<lineEnd].filter { !$0.isWhiteSpace }, as: UTF8.self)), count > 0
    else { return data }
    return Array(data[(lineEnd + 1)...].prefix(count))
  }

  private func add(_ message: Mailbox.Message, named name: String?, to members: inout MemberDocuments) throws(DocumentError) {
    let subject = label(message.subject.utf8)
    let headingPath = subject.isEmpty ? [] : [subject]
    var head = BlockBuilder(path: path, limits: limits)
    try head.add(.heading(level: 1), Array(subject.utf8)[...], source: SourceSpan())
    try head.add(.paragraph, Array(message.headers.joined(separator: "\n").utf8)[...], source: SourceSpan(), headingPath: headingPath)
    if !head.blocks.isEmpty { try members.add(try head.document(format, title: subject.isEmpty ? nil : subject), named: name) }
    for (number, part) in message.parts.enumerated() {
      if let type = part.bodyType {
        // Many a message is its attachment.
        if part.data.allSatisfy(\.isWhiteSpace) { continue }
        let place = [name, "message.\(type)"].compactMap(\.self).joined(separator: "/")
        var body: ExtractedDocument
        do throws(DocumentError) {
          body = try DocumentReader.ofMessages(limits: limits).read(part.data, path: "\(path)/\(place)", nesting: nesting.inner)
        } catch {
          members.note(error, of: place, isEmpty: false)
          continue
        }
        body.title = subject.isEmpty ? nil : subject
        for index in body.blocks.indices {
          body.blocks[index].headingPath = headingPath + body.blocks[index].headingPath
          // Its lines are those of the decoded text.
          body.blocks[index].source = SourceSpan()
          body.blocks[index].anchors = []
        }
        try members.add(body, named: name)
      } else {
        let attachment = part.name.isEmpty ? "attachment \(number + 1)" : part.name
        try members.add(part.data, named: [name, attachment].compactMap(\.self).joined(separator: "/"))
      }
    }
  }
}

/// What GMime gives, message by message.
private final class Mailbox {
  struct Message {
    var subject: String
    /// "From: …" and the like.
    var headers: [String]
    var parts: [Part] = []
  }

  struct Part {
    var name: String
    /// "txt" or "html" for what is the message itself; `nil` for what is attached.
    var bodyType: String?
    var data: [UInt8]
  }

  private(set) var messages: [Message] = []

  static func from(_ context: UnsafeMutableRawPointer?) -> Mailbox? {
    context.map { Unmanaged<Mailbox>.fromOpaque($0).takeUnretainedValue() }
  }

  func begin(_ headers: quarry_mail_headers) {
    func line(_ name: String, _ value: UnsafePointer<CChar>?) -> String? {
      value.map { "\(name): \(label(String(cString: $0).utf8, limit: 1000))" }
    }
    messages.append(
      Message(
        subject: headers.subject.map { String(cString: $0) } ?? "",
        headers: [line("From", headers.from), line("To", headers.to), line("Cc", headers.cc), line("Date", headers.date)].compactMap(\.self)))
  }

  func add(_ part: quarry_mail_part) {
    guard let last = messages.indices.last else { return }
    let type = String(cString: part.type)
    // What a program needs, not a person.
    if type.hasPrefix("application/pgp-signature") || type.hasPrefix("application/pkcs7-signature") { return }
    var data = part.data.map { Array(UnsafeBufferPointer(start: $0, count: part.count)) } ?? []
    let bodyType = part.is_attachment ? nil : ["text/plain": "txt", "text/html": "html"][type]
    // Where an attachment's own beginning says how it is written, that counts.
    if let charset = part.charset, bodyType != nil || HTMLCharset.declared(in: data) == nil,
      let text = TextDecoding.decode(data, declared: String(cString: charset))
    {
      data = text.bytes
    }
    messages[last].parts.append(Part(name: part.name.map { safeName(String(cString: $0)) } ?? "", bodyType: bodyType, data: data))
  }

  /// A sender's name for a file, without folders.
  private func safeName(_ name: String) -> String {
    label((name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? name).utf8)
  }
}
