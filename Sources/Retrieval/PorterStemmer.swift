/// Porter's stemmer for English (M. F. Porter, "An algorithm for suffix stripping", Program 14, 1980), as FTS5's `porter` tokenizer has it.
///
/// Words with anything but the letters a–z, and words shorter than three letters, stay as they are.
package enum PorterStemmer {
  /// - Parameter word: In lower case.
  package static func stem(_ word: String) -> String {
    let bytes = Array(word.utf8)
    guard (3...64).contains(bytes.count), bytes.allSatisfy({ (0x61...0x7A).contains($0) }) else { return word }
    var stem = Stem(letters: bytes)
    stem.dropPlural()
    stem.dropPastAndGerund()
    stem.turnFinalY()
    stem.replaceFirst(of: doubleSuffixes)
    stem.replaceFirst(of: simpleSuffixes)
    stem.dropFirst(of: lastSuffixes)
    stem.tidyEnd()
    return String(decoding: stem.letters, as: UTF8.self)
  }

  /// Step 2, longest first where one ends in another.
  private static let doubleSuffixes: [(StaticString, StaticString)] = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("logi", "log"), ("bli", "ble"), ("alli", "al"),
    ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
  ]

  /// Step 3.
  private static let simpleSuffixes: [(StaticString, StaticString)] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
  ]

  /// Step 4.
  private static let lastSuffixes: [StaticString] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
  ]
}

/// A word on its way to its stem.
private struct Stem {
  var letters: [UInt8]

  /// Step 1a.
  mutating func dropPlural() {
    if ends("sses") || ends("ies") { letters.removeLast(2) } else if ends("s"), !ends("ss") { letters.removeLast() }
  }

  /// Step 1b.
  mutating func dropPastAndGerund() {
    if ends("eed") {
      if measure(letters.count - 3) > 0 { letters.removeLast() }
      return
    }
    let suffix = ends("ed") ? 2 : ends("ing") ? 3 : 0
    guard suffix > 0, hasVowel(letters.count - suffix) else { return }
    letters.removeLast(suffix)
    if ends("at") || ends("bl") || ends("iz") {
      letters.append(UInt8(ascii: "e"))
    } else if endsInDoubleConsonant, !ends("l"), !ends("s"), !ends("z") {
      letters.removeLast()
    } else if measure(letters.count) == 1, endsInShortSyllable(letters.count) {
      letters.append(UInt8(ascii: "e"))
    }
  }

  /// Step 1c.
  mutating func turnFinalY() {
    if ends("y"), hasVowel(letters.count - 1) { letters[letters.count - 1] = UInt8(ascii: "i") }
  }

  /// Steps 2 and 3: the first suffix that fits is replaced if something is left before it.
  mutating func replaceFirst(of suffixes: [(StaticString, StaticString)]) {
    for (suffix, replacement) in suffixes where ends(suffix) {
      if measure(letters.count - suffix.utf8CodeUnitCount) > 0 {
        letters.removeLast(suffix.utf8CodeUnitCount)
        letters.append(contentsOf: "\(replacement)".utf8)
      }
      return
    }
  }

  /// Step 4.
  mutating func dropFirst(of suffixes: [StaticString]) {
    guard let suffix = suffixes.filter({ ends($0) }).max(by: { $0.utf8CodeUnitCount < $1.utf8CodeUnitCount }) else { return }
    let rest = letters.count - suffix.utf8CodeUnitCount
    guard measure(rest) > 1 else { return }
    if "\(suffix)" == "ion" {
      guard rest > 0, letters[rest - 1] == UInt8(ascii: "s") || letters[rest - 1] == UInt8(ascii: "t") else { return }
    }
    letters.removeLast(suffix.utf8CodeUnitCount)
  }

  /// Step 5.
  mutating func tidyEnd() {
    if ends("e") {
      let rest = letters.count - 1
      let measure = measure(rest)
      if measure > 1 || (measure == 1 && !endsInShortSyllable(rest)) { letters.removeLast() }
    }
    if ends("ll"), measure(letters.count) > 1 { letters.removeLast() }
  }

  private func ends(_ suffix: StaticString) -> Bool {
    letters.count >= suffix.utf8CodeUnitCount && letters.suffix(suffix.utf8CodeUnitCount).elementsEqual("\(suffix)".utf8)
  }

  private func isConsonant(_ index: Int) -> Bool {
    switch letters[index] {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
    case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
    default: true
    }
  }

  /// Porter's m: how often a vowel is followed by a consonant in the first `count` letters.
  private func measure(_ count: Int) -> Int {
    var changes = 0
    var wasVowel = false
    for index in 0..<max(0, count) {
      let consonant = isConsonant(index)
      if consonant, wasVowel { changes += 1 }
      wasVowel = !consonant
    }
    return changes
  }

  private func hasVowel(_ count: Int) -> Bool { (0..<max(0, count)).contains { !isConsonant($0) } }

  private var endsInDoubleConsonant: Bool {
    letters.count >= 2 && letters[letters.count - 1] == letters[letters.count - 2] && isConsonant(letters.count - 1)
  }

  /// Consonant, vowel, consonant, the last not w, x or y.
  private func endsInShortSyllable(_ count: Int) -> Bool {
    guard count >= 3, isConsonant(count - 1), !isConsonant(count - 2), isConsonant(count - 3) else { return false }
    return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(letters[count - 1])
  }
}
