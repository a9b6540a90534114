/// What a text is written in: by its script where one language has that to itself, otherwise by the commonest words, which every text is full of.
///
/// Counting function words tells the languages of Europe apart from a paragraph on (Grefenstette 1995, "Comparing two language identification
/// schemes"); shorter or mixed texts give nothing rather than a wrong answer.
package enum LanguageGuess {
  /// Words that are looked at.
  private static let wordLimit = 4000
  /// Known words that there must be, and how many times as many as of the next language.
  private static let fewestHits = 6
  private static let lead = 1.3

  /// ISO 639-1 codes with words that are common in the language and, as far as possible, in no other.
  private static let functionWords: [(code: String, words: String)] = [
    ("en", "the of and to in is that for it was with as be on by this which are from at not have you or an they but we his"),
    ("de", "der die und den das ist nicht von zu mit sich auf für ein eine dem des im auch als werden wird oder sind bei nach dass"),
    ("fr", "le la les et des est une dans que qui pour pas sur au par ce plus avec sont ne du cette ou aux être ont nous vous"),
    ("es", "el los las que una del por con para es como más pero sus le ha este sí porque esta entre cuando muy sin sobre también fue"),
    ("it", "il di che è la per non una sono del della con gli le si come più nel anche dei alla questo da lo ha delle ma o"),
    ("pt", "o os as que não uma dos das para com por mais como mas foi ao ele tem à seu sua ou ser quando muito nos já está"),
    ("nl", "de het een van en dat niet te zijn op met voor er maar om ook aan als bij nog naar dan wordt deze uit hij worden"),
    ("sv", "och att det som en på är av för med den till inte om ett har de jag var men så från vi kan när skulle sig"),
    ("da", "og at det en den til er som på de med han af for ikke der var mig sig men et har om vi min havde ham hun nu"),
    ("no", "og det er en på til som for med at av de ikke den har jeg om et men han var seg fra så vi kan også eller ble"),
    ("fi", "ja on ei se että oli hän mutta ovat kun myös niin kuin joka tai sen mukaan jos vain ole olla jotka sekä tämä ne voi"),
    ("pl", "i w na się z nie do to jest że o jak po co za od ale przez tym są dla oraz tego który jej być może przy"),
    ("cs", "a se v na je že s z do to o k i jako za pro ale jsem by není které jsou tak po který od jeho při být"),
    ("hu", "a az és hogy nem is egy volt van de ez meg csak azt el mint már még ha vagy után lehet között pedig ezt"),
    ("ro", "și de a în la nu o cu că pe un este din să mai ce ca se pentru sunt fi au prin dar după sau fost care"),
    ("tr", "ve bir bu da de için ile olarak çok daha olan en ne gibi var kadar sonra ama her değil mi o ki ise olduğu"),
  ]

  private static let languagesByWord: [String: [Int]] = {
    var languages: [String: [Int]] = [:]
    for (index, language) in functionWords.enumerated() {
      for word in language.words.split(separator: " ") { languages[String(word), default: []].append(index) }
    }
    return languages
  }()

  /// Longer words are not looked up.
  private static let longestWordByteCount = languagesByWord.keys.map(\.utf8.count).max() ?? 0

  /// The language of a text, as `en`; `nil` where it is not clear.
  package static func language(of text: String) -> String? {
    var scripts: [String: Int] = [:]
    var hits = [Double](repeating: 0, count: functionWords.count)
    var letters = 0
    var wordCount = 0
    forEachWord(of: Array(text.utf8)) { word, first in
      wordCount += 1
      if wordCount > wordLimit { return false }
      letters += 1
      if let script = script(of: first) {
        let length = word.count { !$0.isContinuation }
        letters += length - 1
        // Japanese mixes two, with no spaces between.
        if script == "zh" || script == "ja" {
          for scalar in String(decoding: word, as: UTF8.self).unicodeScalars { scripts[self.script(of: scalar) ?? script, default: 0] += 1 }
        } else {
          scripts[script, default: 0] += length
        }
      } else if word.count <= longestWordByteCount {
        // A word of several languages is a little of each.
        let languages = languagesByWord[String(decoding: word, as: UTF8.self).lowercased()] ?? []
        for language in languages { hits[language] += 1 / Double(languages.count) }
      }
      return true
    }
    if let (script, count) = scripts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), 2 * count > letters {
      switch script {
      // Japanese is written in both its own letters and Chinese ones.
      case "zh", "ja": return scripts["ja", default: 0] * 20 > count ? "ja" : "zh"
      case "cyrillic": return cyrillicLanguage(of: text)
      default: return script
      }
    }
    let order = hits.indices.sorted { (hits[$0], $1) > (hits[$1], $0) }
    guard let best = order.first, hits[best] >= Double(fewestHits), hits[best] >= lead * hits[order[1]] else { return nil }
    return functionWords[best].code
  }

  /// Runs of letters and the marks on them, until `body` says no. By bytes: `Character.isLetter` of each would take longer than all else that is done to a file.
  private static func forEachWord(of bytes: [UInt8], _ body: (_ word: ArraySlice<UInt8>, _ first: Unicode.Scalar) -> Bool) {
    var start: (index: Int, scalar: Unicode.Scalar)?
    var position = 0
    while position < bytes.count {
      let (value, length) = bytes.scalar(at: position)
      let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
      if value < 0x80 ? bytes[position].isLetter : scalar.properties.isAlphabetic {
        if start == nil { start = (position, scalar) }
      } else if let word = start, value < 0x80 || !goesOn(scalar) {
        guard body(bytes[word.index..<position], word.scalar) else { return }
        start = nil
      }
      position += length
    }
    if let word = start { _ = body(bytes[word.index...], word.scalar) }
  }

  /// Whether it changes the letter before it.
  private static func goesOn(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .format: true
    default: false
    }
  }

  /// By letters that one has and the others lack; Bulgarian, Serbian and more have none of these.
  private static func cyrillicLanguage(of text: String) -> String? {
    let letters = text.unicodeScalars.prefix(20_000)
    if letters.contains(where: { "іїєґ".unicodeScalars.contains($0) }) { return "uk" }
    return letters.contains { "ыэ".unicodeScalars.contains($0) } ? "ru" : nil
  }

  /// The language that has a script to itself, or most of it.
  private static func script(of scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0x0370...0x03FF, 0x1F00...0x1FFF: "el"
    case 0x0400...0x04FF: "cyrillic"
    case 0x0590...0x05FF: "he"
    case 0x0600...0x06FF: "ar"
    case 0x0900...0x097F: "hi"
    case 0x0E00...0x0E7F: "th"
    case 0x3040...0x30FF: "ja"
    case 0x3400...0x4DBF, 0x4E00...0x9FFF: "zh"
    case 0xAC00...0xD7AF, 0x1100...0x11FF: "ko"
    default: nil
    }
  }
}
