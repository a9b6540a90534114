/// Python's string methods; what they return keeps the origin of each character.
extension Text {
  /// The first place of `part`, found in linear time whatever the two are (Knuth, Morris and Pratt).
  func firstIndex(of part: Text) -> Int? {
    let pattern = Array(part.scalars)
    guard !pattern.isEmpty else { return scalars.startIndex }
    guard pattern.count <= count else { return nil }
    // fallbacks[i]: the length of the longest proper prefix of the pattern that also ends its first i + 1 characters.
    var fallbacks = [0]
    var matched = 0
    for scalar in pattern.dropFirst() {
      while matched > 0, scalar != pattern[matched] { matched = fallbacks[matched - 1] }
      if scalar == pattern[matched] { matched += 1 }
      fallbacks.append(matched)
    }
    matched = 0
    for place in scalars.indices {
      while matched > 0, scalars[place] != pattern[matched] { matched = fallbacks[matched - 1] }
      if scalars[place] == pattern[matched] { matched += 1 }
      if matched == pattern.count { return place + 1 - matched }
    }
    return nil
  }

  func trimmed(_ set: Text? = nil, left: Bool = true, right: Bool = true) -> Text {
    let codes = set.map { Set($0.scalars) }
    func isCut(_ scalar: MarkedScalar) -> Bool { codes?.contains(scalar) ?? scalar.isWhitespace }
    var result = scalars
    if left { result = result.drop(while: isCut) }
    if right { while let last = result.last, isCut(last) { result.removeLast() } }
    return Text(scalars: result)
  }

  /// `str.split`; without a separator, at runs of white space.
  func split(_ separator: Text?, limit: Int) -> [Text] {
    var parts: [Text] = []
    var rest = scalars
    let most = limit < 0 ? Int.max : limit
    guard let separator else {
      rest = rest.drop(while: \.isWhitespace)
      while !rest.isEmpty {
        guard parts.count < most, let end = rest.firstIndex(where: \.isWhitespace) else {
          parts.append(parts.count < most ? Text(scalars: rest) : Text(scalars: rest).trimmed(left: false))
          break
        }
        parts.append(Text(scalars: rest[..<end]))
        rest = rest[end...].drop(while: \.isWhitespace)
      }
      return parts
    }
    while parts.count < most, let place = Text(scalars: rest).firstIndex(of: separator) {
      parts.append(Text(scalars: rest[..<place]))
      rest = rest[(place + separator.count)...]
    }
    return parts + [Text(scalars: rest)]
  }

  func hasPrefix(_ part: Text) -> Bool { scalars.starts(with: part.scalars) }
  func hasSuffix(_ part: Text) -> Bool { scalars.suffix(part.count).elementsEqual(part.scalars) }

  /// Each character mapped, its origin kept.
  private func mapped(_ transform: (Int, Unicode.Scalar) -> String) -> Text {
    var result: [MarkedScalar] = []
    for (index, marked) in scalars.enumerated() {
      for scalar in transform(index, marked.scalar).unicodeScalars { result.append(MarkedScalar(scalar, isTemplate: marked.isTemplate)) }
    }
    return Text(scalars: result[...])
  }

  var uppercased: Text { mapped { $1.properties.uppercaseMapping } }
  var lowercased: Text { mapped { $1.properties.lowercaseMapping } }
  var capitalized: Text { mapped { $0 == 0 ? $1.properties.titlecaseMapping : $1.properties.lowercaseMapping } }
  var titled: Text {
    var isInWord = false
    return mapped { _, scalar in
      defer { isInWord = scalar.properties.isCased }
      return isInWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
    }
  }

  func joined(_ parts: [Text]) -> Text {
    var result: [MarkedScalar] = []
    for (index, part) in parts.enumerated() {
      if index > 0 { result += scalars }
      result += part.scalars
    }
    return Text(scalars: result[...])
  }

  /// `%s` and `%d`, and nothing more, of Python's formatting.
  func formatted(with value: Value, by evaluator: inout Evaluator) throws(JinjaError) -> Text {
    var arguments = [value]
    if case .list(let list) = value, list.isTuple { arguments = list.values }
    var used = 0
    var result: [MarkedScalar] = []
    var rest = scalars
    while let scalar = rest.popFirst() {
      guard scalar.scalar == "%" else {
        result.append(scalar)
        continue
      }
      guard let directive = rest.popFirst() else { throw evaluator.fail("a format ends in '%'") }
      switch directive.scalar {
      case "%": result.append(scalar)
      case "s", "d":
        guard used < arguments.count else { throw evaluator.fail("a format has too few arguments") }
        let part = try evaluator.string(arguments[used])
        used += 1
        try evaluator.charge(part.count)
        result += part.scalars
      default: throw evaluator.fail("the format '%\(directive.scalar)' is not supported")
      }
    }
    return Text(scalars: result[...])
  }
}
