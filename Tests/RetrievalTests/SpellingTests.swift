import Retrieval
import Store
import Testing

@Suite struct SpellingTests {
  /// By definition: the shortest way of insertions, deletions, replacements and exchanges of neighbours, tried one by one.
  private static func neighbours(_ word: String, _ alphabet: [Character]) -> Set<String> {
    let letters = Array(word)
    var found: Set<String> = []
    for place in 0...letters.count {
      for letter in alphabet { found.insert(String(letters[..<place] + [letter] + letters[place...])) }
      guard place < letters.count else { continue }
      found.insert(String(letters[..<place] + letters[(place + 1)...]))
      for letter in alphabet { found.insert(String(letters[..<place] + [letter] + letters[(place + 1)...])) }
      if place + 1 < letters.count {
        var swapped = letters
        swapped.swapAt(place, place + 1)
        found.insert(String(swapped))
      }
    }
    return found
  }

  private func distance(_ a: String, _ b: String, limit: Int) -> Int? {
    Spelling.distance(Array(a.unicodeScalars), Array(b.unicodeScalars), limit: limit)
  }

  @Test(arguments: ["", "a", "ab", "aba", "abcb"]) func oneMistakeIsOne(word: String) {
    let alphabet: [Character] = ["a", "b", "c"]
    let once = Self.neighbours(word, alphabet).subtracting([word])
    #expect(distance(word, word, limit: 0) == 0)
    for other in once {
      #expect(distance(word, other, limit: 1) == 1 && distance(other, word, limit: 2) == 1, "\(word) \(other)")
      #expect(distance(word, other, limit: 0) == nil)
    }
    let within = once.union([word])
    // What takes two steps is two, but for letters that would be changed twice, which optimal string alignment counts as more.
    for other in Set(once.flatMap { Self.neighbours($0, alphabet) }).subtracting(within) {
      let counted = distance(word, other, limit: 3)
      #expect(counted == 2 || counted == 3, "\(word) \(other)")
      #expect(distance(word, other, limit: 1) == nil)
    }
  }

  @Test func theNearestAndMostFrequentIsTaken() {
    let vocabulary = [("harbour", 2), ("harbor", 9), ("harvest", 50), ("arbour", 3), ("haboru", 0)].map { (stem: $0.0, chunkCount: $0.1) }
    #expect(Spelling.nearest("harbou", in: vocabulary) == "harbor")
    #expect(Spelling.nearest("harbuor", in: vocabulary) == "harbor", "as near as harbour, and in more chunks")
    #expect(Spelling.nearest("habrour", in: vocabulary) == "harbour")
    #expect(Spelling.nearest("xyzzy", in: vocabulary) == nil)
    #expect(Spelling.nearest("har", in: [(stem: "hat", chunkCount: 9)]) == nil, "short words have too many neighbours")
    #expect(Spelling.nearest("relativty", in: [(stem: "relativiti", chunkCount: 1)]) == "relativiti")
  }

  @Test func mistakesAreForgivenOnlyWhereNothingIsKnown() throws {
    let library = try Library()
    try library.add([
      ("ships.txt", ["The harbour of Norland takes forty ships."]), ("trains.txt", ["The railway to the coast opened in 1911."]),
      ("glossary.txt", ["A habour is not a word, and stands here all the same."]),
    ])
    func found(_ question: String) throws -> Findings { try library.retriever.find(question) }
    let railway = try found("When did the raliway open?")
    #expect(railway.analysis.corrections.count == 1 && railway.passages.first?.chunk.path == "trains.txt")
    #expect(railway.passages.first?.explanation.matchedStems.contains("railwai") == true)
    // The first letter is wrong, or missing.
    for question in ["When did the tailway open?", "When did the ailway open?"] {
      #expect(try found(question).passages.first?.explanation.matchedStems.contains("railwai") == true, "\(question)")
    }
    #expect(try found("What is a habour?").analysis.corrections.isEmpty, "it stands in a document")
    #expect(try found("What about x9000z and 1912?").analysis.corrections.isEmpty)
    #expect(try found("zzzzzzzz qqqqqqqq").analysis.corrections.isEmpty)
  }
}
