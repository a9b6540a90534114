import Answering
import Testing

@Suite struct GroundingTests {
  private let grounding = Grounding(
    question: "When did the line to the coast open?",
    quotes: ["The line to the coast opened in 1911, after the Duke of Norland had paid 12,500 crowns for its bridges."],
    passages: ["Night trains\nSleeping cars came four years later, at the wish of Maria Post. They had 24 beds."])

  @Test(arguments: [
    "The line opened in 1911.", "In 1911, after the Duke of Norland had paid for the bridges.", "1911", "It was 12500 crowns.",
    "Norland paid 12,500 crowns for bridges.",
  ])
  func whatIsCopiedStands(text: String) {
    #expect(grounding.verify(text).supported, "\(grounding.verify(text).unsupported)")
  }

  @Test(arguments: [
    ("The line opened in 1912.", ["1912"]),
    ("It was opened by King Harald in 1911.", ["King", "Harald"]),
    ("The answer is: 2007-01-01T00:00:00", ["answer", "2007", "01", "01T00", "00"]),
    ("It opened after long delays caused by heavy rain in 1911.", ["long", "delays", "caused", "heavy", "rain"]),
  ])
  func whatIsInventedDoesNot(text: String, unsupported: [String]) {
    let verification = grounding.verify(text)
    #expect(!verification.supported)
    #expect(Set(unsupported).isSubset(of: Set(verification.unsupported)), "\(verification.unsupported)")
  }

  @Test(arguments: ["", "  \n", "The line to the coast did open.", "Yes.", "..."])
  func whatSaysNothingNewDoesNot(text: String) {
    #expect(!grounding.verify(text).supported)
  }

  @Test func whatIsNotInTheQuotesDoesNot() {
    #expect(!grounding.verify("Sleeping cars came at the wish of Maria Post.").supported)
  }

  /// A number of one sentence with the subject of another is supported by neither.
  @Test func whatIsMixedFromTwoQuotesDoesNot() {
    let grounding = Grounding(
      question: "Which port is the default?",
      quotes: ["By default Quarry listens on port 8707 of 127.0.0.1.", "quarry serve --port 9000 listens on another port."], passages: [])
    #expect(!grounding.verify("The port 9000 is the default port.").supported)
    #expect(!grounding.verify("The port 9000 is the default port for Quarry.").supported, "most of it stands in one quote, default in the other")
    #expect(grounding.verify("By default it listens on port 8707.").supported)
    #expect(grounding.verify("By default it listens on port 8707. Another port is 9000.").supported)
  }

  @Test func thePromptOverAgainDoesNot() {
    #expect(!grounding.verify("Quotes: The line to the coast opened in 1911.").supported)
  }

  @Test func aLoopDoesNot() {
    #expect(!grounding.verify("The line opened in 1911.", isLooping: true).supported)
  }
}
