import Documents
import Testing

@Suite struct LanguageGuessTests {
  /// Article 1 of the Universal Declaration of Human Rights, twice over, as the United Nations publish it.
  private static let texts: [(code: String, text: String)] = [
    (
      "en",
      "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood."
    ),
    (
      "de",
      "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen."
    ),
    (
      "fr",
      "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité."
    ),
    (
      "nl",
      "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten, en behoren zich jegens elkander in een geest van broederschap te gedragen."
    ),
    (
      "it",
      "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza e devono agire gli uni verso gli altri in spirito di fratellanza."
    ),
    ("ru", "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью."),
    ("uk", "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю."),
    ("ja", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"),
    ("zh", "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。"),
    ("el", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα."),
    ("ko", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."),
  ]

  @Test(arguments: texts) func textsAreKnown(code: String, text: String) { #expect(LanguageGuess.language(of: text + " " + text) == code) }

  @Test(arguments: [
    "", "12 34 — 56", "lighthouse", "x y z", "func main() { return 0 }", "\u{0}\u{FFFD}",
    "Всички хора се раждат свободни и равни по достойнство и права.",
  ])
  func whatIsNotClearIsNotGuessed(text: String) { #expect(LanguageGuess.language(of: text) == nil) }

  @Test func aForeignQuoteChangesNothing() {
    let text = Self.texts[0].text + " " + Self.texts[0].text + " As Goethe said: Mehr Licht! 自由"
    #expect(LanguageGuess.language(of: text) == "en")
  }

  @Test func longTextsCostLittle() {
    #expect(LanguageGuess.language(of: String(repeating: "the cat sat on the mat and it was of no use to them. ", count: 20_000)) == "en")
  }
}
