import CStemmer

/// Snowball's stemmers, made when they are first needed. Not for several threads at once.
final class Stemmers {
  /// Snowball's names by ISO 639-1 codes. English is the original algorithm of Porter (1980).
  private static let algorithms = [
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "porter", "es": "spanish", "eu": "basque",
    "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
  ]

  /// By language; `nil` for those that have none.
  private var stemmers: [String: Stemmer?] = [:]

  /// A word's stem; the word itself in languages without a stemmer.
  ///
  /// - Parameter word: In lower case.
  func stem(_ word: String, language: String) -> String {
    // No rule is for words this long, and some stemmers take more than linear time.
    guard word.utf8.count <= 4 * TextAnalyzer.termByteLimit, let stemmer = stemmer(of: language) else { return word }
    return stemmer.stem(word)
  }

  private func stemmer(of language: String) -> Stemmer? {
    if let known = stemmers[language] { return known }
    let stemmer = Self.algorithms[language].flatMap(Stemmer.init)
    stemmers[language] = .some(stemmer)
    return stemmer
  }
}

/// One of libstemmer's stemmers. Memory-safe: the handle lives as long as the object.
@safe private final class Stemmer {
  private let handle: OpaquePointer

  init?(algorithm: String) {
    guard let handle = unsafe sb_stemmer_new(algorithm, "UTF_8") else { return nil }
    unsafe self.handle = handle
  }

  deinit { unsafe sb_stemmer_delete(handle) }

  func stem(_ word: String) -> String {
    var word = word
    return word.withUTF8 { bytes in
      // The answer lies in the stemmer until it is asked again.
      guard let stem = unsafe sb_stemmer_stem(handle, bytes.baseAddress, Int32(bytes.count)) else {
        return unsafe String(decoding: bytes, as: UTF8.self)
      }
      return unsafe String(decoding: UnsafeBufferPointer(start: stem, count: Int(sb_stemmer_length(handle))), as: UTF8.self)
    }
  }
}
