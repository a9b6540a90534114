/// The characters and words that the sentence rules know. Tables only.
enum SentenceMarks {
  /// End a sentence when white space follows.
  static let spacedStops: Set<UInt32> = [
    0x2E, 0x21, 0x3F, 0x203C, 0x203D, 0x2047, 0x2048, 0x2049,
    0x061F, 0x06D4,  // Arabic, Urdu
    0x0964, 0x0965,  // danda
    0x0589,  // Armenian
    0x1362, 0x1367, 0x1368,  // Ethiopic
    0x104A, 0x104B,  // Burmese
    0x17D4, 0x17D5,  // Khmer
    0x1803, 0x1809,  // Mongolian
  ]

  /// End a sentence wherever they stand.
  static let fullWidthStops: Set<UInt32> = [0x3002, 0xFF01, 0xFF1F, 0xFF61, 0xFE12]

  static func isStop(_ scalar: UInt32) -> Bool { spacedStops.contains(scalar) }

  /// Quotes, brackets and emphasis that close after the stop and belong to the sentence.
  static let closers: Set<UInt32> = [
    0x22, 0x27, 0x29, 0x5D, 0x7D, 0x2A, 0x5F, 0x60, 0x2019, 0x201D, 0x203A, 0xBB, 0x300D, 0x300F, 0x3011, 0x3009, 0x300B, 0xFF09, 0xFF3D,
    0x201C /* German closes with it */,
  ]

  /// May stand before a sentence's first letter.
  static let openers: Set<UInt32> = [
    0x22, 0x27, 0x28, 0x5B, 0x7B, 0x2A, 0x5F, 0x60, 0x23, 0x2018, 0x201A, 0x201C, 0x201E, 0x2039, 0xAB, 0xBB, 0xBF, 0xA1, 0x300C, 0x300E, 0x3010,
    0x3008,
    0x300A, 0xFF08,
  ]

  static let bullets: Set<UInt32> = [0x2D, 0x2A, 0x2B, 0x2022, 0x2023, 0x25CF, 0x25E6, 0x2043, 0x25AA, 0x2013]

  /// Never end a sentence.
  static let abbreviations: Set<String> = [
    "mr", "mrs", "dr", "prof", "rev", "hon", "gen", "col", "capt", "lt", "sgt", "cmdr", "maj", "gov", "sen", "rep", "pres", "mt", "messrs", "mme",
    "mlle", "e.g", "i.e", "eg", "ie", "cf", "viz", "vs", "v", "ca", "approx", "resp", "incl", "fig", "figs", "eq", "eqs", "sec", "secs", "ch", "chap",
    "tab",
    "ref", "refs", "app", "ed", "eds", "vols", "pt", "dept", "univ", "assn", "bros", "est", "misc", "tel", "z.b", "d.h", "u.a",
    "bzw", "vgl", "ggf", "evtl", "sog", "nr", "abb", "kap", "s.o", "p.ex", "sr", "sra", "srta", "dra", "ud", "uds", "pág", "p.ej",
    "dott", "т.е", "т.к", "т.д", "г", "ул", "им",
  ]

  /// Do not end a sentence before a number.
  static let numberAbbreviations: Set<String> = [
    "no", "nos", "vol", "p", "pp", "pg", "art", "par", "cap", "n", "lit", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
    "nov", "dec",
  ]

  /// End a sentence only when a word follows that opens sentences.
  static let weakAbbreviations: Set<String> = [
    "inc", "ltd", "co", "corp", "llc", "plc", "jr", "bzgl", "ph.d", "m.d", "b.a", "m.a", "etc", "a.m", "p.m", "op", "cit", "m", "mm", "max", "min",
    "avg", "std", "hr", "fr", "sig", "ing", "st", "al", "usw", "ms", "ft", "ext", "str", "tab",
  ]

  /// Words that begin sentences far more often than they follow an initial or a firm's name.
  static let openingWords: Set<String> = [
    "The", "A", "An", "In", "On", "At", "It", "Its", "He", "She", "They", "We", "You", "This", "That", "These", "Those", "There", "Then", "Thus",
    "However", "But", "And",
    "For", "From", "By", "With", "When", "While", "Where", "What", "Who", "Why", "How", "If", "As", "After", "Before", "Since", "Although", "Because",
    "So", "Our", "His",
    "Her", "Their", "My", "Your", "To", "Some", "Many", "Most", "All", "Each", "Both", "No", "Not", "One", "Two", "Here", "Also", "Until", "Under",
    "During", "According",
    "Der", "Die", "Das", "Ein", "Eine", "Er", "Sie", "Es", "Wir", "Im", "Le", "La", "Les", "Un", "Une", "Il", "Elle", "El", "Los", "Las", "Una",
  ]
}
