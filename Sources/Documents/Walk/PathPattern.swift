/// A path as patterns compare it.
struct PathCharacters {
  let characters: [Unicode.Scalar]
  /// Where the last name begins.
  let nameStart: Int

  init(_ path: some StringProtocol) {
    characters = Array(path.unicodeScalars)
    nameStart = (characters.lastIndex(of: "/") ?? -1) + 1
  }
}

/// One line of a `.gitignore`, as a test of relative paths.
///
/// `*` and `?` are characters of one name, `[a-z]` one of several, `**` any number of folders; a slash before the end ties the pattern to its
/// folder, one at the end means folders only, `!` in front takes back (gitignore(5), "Pattern format"). The time of a test grows with pattern
/// times path, whatever stands in it.
package struct PathPattern: Sendable, Equatable {
  private enum Token: Sendable, Equatable {
    case one(Unicode.Scalar)
    /// Any character but a slash.
    case anyOne
    /// Any number of characters that are no slashes.
    case anyNumber
    /// No folder or several, each with its slash.
    case folders
    /// Any characters, slashes too.
    case everything
    case oneOf([ClosedRange<Unicode.Scalar>], negated: Bool)
  }

  /// Whether what it fits is taken in again.
  package let isNegated: Bool
  private let isForFolders: Bool
  /// Whether it speaks of paths from its folder on, not of names.
  private let isTied: Bool
  private let tokens: [Token]

  /// - Returns: `nil` for an empty line, a comment, and a pattern that fits nothing.
  package init?(_ line: String) {
    var text = Array(line.unicodeScalars)
    if text.last == "\r" { text.removeLast() }
    // Spaces at the end count only behind a backslash.
    while text.last == " ", text.count < 2 || text[text.count - 2] != "\\" { text.removeLast() }
    guard let first = text.first, first != "#" else { return nil }
    isNegated = first == "!"
    if isNegated { text.removeFirst() }
    isForFolders = text.last == "/"
    if isForFolders { text.removeLast() }
    guard !text.isEmpty else { return nil }
    isTied = text.contains("/")
    if text.first == "/" { text.removeFirst() }
    guard let tokens = Self.tokens(of: text) else { return nil }
    self.tokens = tokens
  }

  /// - Parameter path: Relative to the pattern's folder.
  package func matches(_ path: String, isFolder: Bool) -> Bool { matches(PathCharacters(path), isFolder: isFolder) }

  /// - Parameter path: Relative to the pattern's folder.
  func matches(_ path: PathCharacters, isFolder: Bool) -> Bool {
    if isForFolders, !isFolder { return false }
    let count = tokens.count + 1
    return withUnsafeTemporaryAllocation(of: Bool.self, capacity: 2 * count) { buffer in
      buffer.initialize(repeating: false)
      // All places in the pattern where a match of the path so far may stand, and those behind the next character.
      var places = Places(isTaken: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      var next = Places(isTaken: UnsafeMutableBufferPointer(rebasing: buffer[count...]))
      add(0, to: &places, isBehindSlash: true)
      // Without a slash in it a pattern speaks of the last name.
      for character in path.characters[(isTied ? 0 : path.nameStart)...] {
        guard !places.isEmpty else { return false }
        next.clear()
        for place in 0..<tokens.count where places.isTaken[place] {
          switch tokens[place] {
          case .one(let wanted): if character == wanted { add(place + 1, to: &next, isBehindSlash: character == "/") }
          case .anyOne: if character != "/" { add(place + 1, to: &next, isBehindSlash: false) }
          case .anyNumber: if character != "/" { add(place, to: &next, isBehindSlash: false) }
          case .folders, .everything: add(place, to: &next, isBehindSlash: character == "/")
          case .oneOf(let ranges, let negated):
            if character != "/", ranges.contains(where: { $0.contains(character) }) != negated { add(place + 1, to: &next, isBehindSlash: false) }
          }
        }
        swap(&places, &next)
      }
      return places.isTaken[tokens.count]
    }
  }

  private struct Places {
    let isTaken: UnsafeMutableBufferPointer<Bool>
    private(set) var isEmpty = true

    init(isTaken: UnsafeMutableBufferPointer<Bool>) { self.isTaken = isTaken }

    /// - Returns: Whether it was not taken before.
    mutating func take(_ place: Int) -> Bool {
      isEmpty = false
      defer { isTaken[place] = true }
      return !isTaken[place]
    }

    mutating func clear() {
      if !isEmpty { isTaken.update(repeating: false) }
      isEmpty = true
    }
  }

  /// Adds a place, and those behind it that are reached without a character.
  private func add(_ place: Int, to places: inout Places, isBehindSlash: Bool) {
    var place = place
    while places.take(place), place < tokens.count {
      switch tokens[place] {
      case .anyNumber, .everything: place += 1
      case .folders: if isBehindSlash { place += 1 } else { return }
      default: return
      }
    }
    // A place that was there may have been entered where folders do not end.
    if place < tokens.count, tokens[place] == .folders, isBehindSlash, !places.isTaken[place + 1] {
      add(place + 1, to: &places, isBehindSlash: true)
    }
  }

  private static func tokens(of text: [Unicode.Scalar]) -> [Token]? {
    var tokens: [Token] = []
    var index = 0
    func peek(_ offset: Int) -> Unicode.Scalar? { index + offset < text.count ? text[index + offset] : nil }
    while index < text.count {
      switch text[index] {
      case "\\":
        guard let escaped = peek(1) else { return nil }
        tokens.append(.one(escaped))
        index += 2
      case "?":
        tokens.append(.anyOne)
        index += 1
      case "*":
        let start = index
        while peek(0) == "*" { index += 1 }
        let isName = start == 0 || text[start - 1] == "/"
        if index - start == 2, isName, peek(0) == "/" {
          tokens.append(.folders)
          index += 1
        } else if index - start == 2, isName, index == text.count {
          // All that is inside, and not the folder itself.
          if start > 0 { tokens.append(.anyOne) }
          tokens.append(.everything)
        } else {
          tokens.append(.anyNumber)
        }
      case "[":
        guard let (token, end) = characterClass(text, index) else { return nil }
        tokens.append(token)
        index = end
      default:
        tokens.append(.one(text[index]))
        index += 1
      }
    }
    return tokens
  }

  /// Of `[[:digit:]]`, in the C locale, as git has them.
  private static let namedClasses: [String: [ClosedRange<Unicode.Scalar>]] = [
    "alnum": ["0"..."9", "A"..."Z", "a"..."z"], "alpha": ["A"..."Z", "a"..."z"], "blank": ["\t"..."\t", " "..." "],
    "cntrl": ["\0"..."\u{1F}", "\u{7F}"..."\u{7F}"], "digit": ["0"..."9"], "graph": ["!"..."~"], "lower": ["a"..."z"], "print": [" "..."~"],
    "punct": ["!"..."/", ":"..."@", "["..."`", "{"..."~"], "space": ["\t"..."\r", " "..." "], "upper": ["A"..."Z"],
    "xdigit": ["0"..."9", "A"..."F", "a"..."f"],
  ]

  /// `[a-z]`, `[!a-z]`: a `]` that comes first is one of them.
  private static func characterClass(_ text: [Unicode.Scalar], _ start: Int) -> (token: Token, end: Int)? {
    var index = start + 1
    let negated = index < text.count && (text[index] == "!" || text[index] == "^")
    if negated { index += 1 }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    let first = index
    func character() -> Unicode.Scalar? {
      if index < text.count, text[index] == "\\" { index += 1 }
      guard index < text.count else { return nil }
      defer { index += 1 }
      return text[index]
    }
    while index < text.count, text[index] != "]" || index == first {
      if text[index...].starts(with: ["[", ":"]), let end = text[index...].firstIndex(of: "]"), text[end - 1] == ":" {
        guard let named = namedClasses[String(String.UnicodeScalarView(text[(index + 2)..<max(index + 2, end - 1)]))] else { return nil }
        ranges += named
        index = end + 1
        continue
      }
      guard let low = character() else { return nil }
      if index + 1 < text.count, text[index] == "-", text[index + 1] != "]" {
        index += 1
        guard let high = character() else { return nil }
        if low <= high { ranges.append(low...high) }
      } else {
        ranges.append(low...low)
      }
    }
    return index < text.count ? (.oneOf(ranges, negated: negated), index + 1) : nil
  }
}
