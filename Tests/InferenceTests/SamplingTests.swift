import Foundation
import Inference
import Testing
import Tokenizer

/// A sampler against a plain reference that sorts everything and sums in the order of the definitions.
@Suite struct SamplingTests {
  /// Probabilities that are left for each token, by the definitions of the parameters.
  private static func reference(_ logits: [Float], _ parameters: SamplingParameters) -> [TokenID: Double] {
    let scaled = logits.enumerated().filter { $0.element.isFinite }.map {
      (token: TokenID($0.offset), value: Double($0.element) / parameters.temperature)
    }
    var sorted = scaled.sorted { ($0.value, -$0.token) > ($1.value, -$1.token) }
    if let topK = parameters.topK { sorted = Array(sorted.prefix(topK)) }
    func probabilities() -> [Double] {
      let weights = sorted.map { exp($0.value - sorted[0].value) }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    if parameters.topP < 1 {
      var (sum, count) = (0.0, 0)
      for probability in probabilities() where sum < parameters.topP { (sum, count) = (sum + probability, count + 1) }
      sorted = Array(sorted.prefix(count))
    }
    let likeliest = probabilities()[0]
    sorted = zip(sorted, probabilities()).filter { $1 >= parameters.minP * likeliest }.map(\.0)
    return Dictionary(uniqueKeysWithValues: zip(sorted.map(\.token), probabilities()))
  }

  private static func logits(_ count: Int, seed: UInt64, spread: Float = 3) -> [Float] {
    var numbers = SeededNumbers(seed: seed)
    return (0..<count).map { _ in Float.random(in: -spread...spread, using: &numbers) }
  }

  private static let cases: [SamplingParameters] = [
    SamplingParameters(temperature: 1), SamplingParameters(temperature: 0.3), SamplingParameters(temperature: 2.5),
    SamplingParameters(temperature: 1, topK: 1), SamplingParameters(temperature: 1.4, topK: 7), SamplingParameters(temperature: 1, topP: 0.5),
    SamplingParameters(temperature: 0.8, topP: 0.95), SamplingParameters(temperature: 1, topP: 0.001), SamplingParameters(temperature: 1, minP: 0.2),
    SamplingParameters(temperature: 1.2, topK: 12, topP: 0.8, minP: 0.1), SamplingParameters(temperature: 1, topK: 1000, topP: 1, minP: 0),
  ]

  @Test(arguments: cases, [1, 5, 40, 700])
  func whatIsDrawnHasTheProbabilityOfTheDefinitions(parameters: SamplingParameters, count: Int) {
    let logits = Self.logits(count, seed: UInt64(count))
    let expected = Self.reference(logits, parameters)
    let drawCount = 20_000
    var seeded = parameters
    seeded.seed = 11
    var sampler = Sampler(seeded)
    var counts: [TokenID: Int] = [:]
    for _ in 0..<drawCount { counts[sampler.choose(from: logits) ?? -1, default: 0] += 1 }
    #expect(Set(counts.keys).isSubset(of: expected.keys))
    for (token, probability) in expected {
      // Five standard deviations of a binomial, and one draw for the rarest.
      let deviation = (Double(drawCount) * probability * (1 - probability)).squareRoot()
      #expect(abs(Double(counts[token] ?? 0) - Double(drawCount) * probability) <= 5 * deviation + 1, "token \(token)")
    }
  }

  @Test func filtersThatLeaveEverythingChangeNothing() {
    let logits = Self.logits(3000, seed: 1)
    var plain = Sampler(SamplingParameters(temperature: 1, seed: 5))
    var filtered = Sampler(SamplingParameters(temperature: 1, topK: 3000, topP: 1, minP: 0, seed: 5))
    var masked = Sampler(SamplingParameters(temperature: 1, seed: 5))
    var everything = TokenMask(vocabularySize: 3000)
    for token in 0..<3000 { everything.insert(TokenID(token)) }
    for _ in 0..<200 {
      let token = plain.choose(from: logits)
      #expect(filtered.choose(from: logits) == token)
      #expect(masked.choose(from: logits, allowing: everything) == token)
    }
  }

  @Test(arguments: [1, 63, 64, 65, 513, 4000], [1, 2, 10, 100, 1000])
  func topKKeepsTheKLikeliestWhateverTheSizes(count: Int, topK: Int) {
    // Many equal logits: the lower token wins.
    let logits = Self.logits(count, seed: 3).map { ($0 * 4).rounded() / 4 }
    let best = Set(logits.indices.sorted { (logits[$0], -$0) > (logits[$1], -$1) }.prefix(topK).map { TokenID($0) })
    var sampler = Sampler(SamplingParameters(temperature: 100, topK: topK, seed: 2))
    var seen: Set<TokenID> = []
    for _ in 0..<(topK < 20 ? 500 : 100) { if let token = sampler.choose(from: logits) { seen.insert(token) } }
    #expect(seen.isSubset(of: best))
    if topK <= 2 { #expect(seen == best) }
  }

  @Test func greedyTakesTheFirstOfEqualsWithinTheMask() {
    let logits: [Float] = [1, 5, 5, 4, .nan, .infinity] + [Float](repeating: 0, count: 100)
    var greedy = Sampler(SamplingParameters())
    #expect(greedy.choose(from: logits) == 1)
    var mask = TokenMask(vocabularySize: logits.count)
    #expect(greedy.choose(from: logits, allowing: mask) == nil)
    for token: TokenID in [3, 4, 5, 70] { mask.insert(token) }
    #expect(mask.count == 4)
    #expect(greedy.choose(from: logits, allowing: mask) == 3)
    var drawing = Sampler(SamplingParameters(temperature: 100))
    for _ in 0..<100 { #expect([3, 70].contains(drawing.choose(from: logits, allowing: mask))) }
  }

  /// SplitMix64's published first numbers for the seed 1234567 (Steele et al. 2014; the reference program of Vigna), seen through the draw:
  /// among equally likely tokens, as many as a power of two, the top bits of a number are the token.
  @Test func theRandomNumbersAreSplitMix64() {
    let published: [UInt64] = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431]
    var sampler = Sampler(SamplingParameters(temperature: 1, seed: 1_234_567))
    let equal = [Float](repeating: 0, count: 4096)
    for number in published { #expect(sampler.choose(from: equal) == TokenID(number >> 52)) }
  }

  /// One number a token: what came before in the text does not move the numbers that follow.
  @Test func theNthTokenTakesTheNthNumber() {
    let flat = [Float](repeating: 0, count: 1024)
    var plain = Sampler(SamplingParameters(temperature: 1, seed: 9))
    var other = Sampler(SamplingParameters(temperature: 1, seed: 9))
    for step in 0..<50 {
      // The other text sees peaked logits on every other step.
      let token = plain.choose(from: flat)
      let same = other.choose(from: step % 2 == 0 ? flat : Self.logits(1024, seed: UInt64(step), spread: 30))
      if step % 2 == 0 { #expect(token == same) }
    }
  }

  // MARK: Penalties

  @Test func repetitionPenaltyDividesWhatStandsInTheWindow() {
    // 0 and 3 stand in the prompt, 3 outside the window.
    let logits: [Float] = [4, 3, -1, 4.5, -4]
    var sampler = Sampler(SamplingParameters(repetitionPenalty: 2, repetitionWindow: 2), prompt: [3, 0, 4])
    #expect(sampler.choose(from: logits) == 3)
    // Now 4, 3: token 3 is at 2.25, and 0 left the window.
    #expect(sampler.choose(from: logits) == 0)
    // 3, 0: at 2.25 and 2.
    #expect(sampler.choose(from: logits) == 1)
    // 0, 1: 3 is free again.
    #expect(sampler.choose(from: logits) == 3)
    // Negative logits are multiplied: -1 goes to -10, below -4.
    var negative = Sampler(SamplingParameters(repetitionPenalty: 10), prompt: [0])
    #expect(negative.choose(from: [-1, -4]) == 1)
    var off = Sampler(SamplingParameters(repetitionPenalty: 10, repetitionWindow: 0), prompt: [0])
    #expect(off.choose(from: [2, 1]) == 0)
  }

  @Test func aLongTextForgetsWhatLeftTheWindow() {
    // With two tokens nearly equal and a window of one, they take turns; a window that grew would penalise both alike.
    var sampler = Sampler(SamplingParameters(repetitionPenalty: 2, repetitionWindow: 1))
    for step in 0..<100 { #expect(sampler.choose(from: [2, 1.9]) == TokenID(step % 2)) }
  }

  @Test func presenceAndFrequencyCountTheTextAndNotThePrompt() {
    var presence = Sampler(SamplingParameters(presencePenalty: 1), prompt: [0, 0, 0])
    #expect((0..<4).map { _ in presence.choose(from: [2, 1.5, 0]) } == [0, 1, 0, 0])
    var frequency = Sampler(SamplingParameters(frequencyPenalty: 1), prompt: [0, 0, 0])
    // 2, 1.5 → 1, 1.5 → 1, .5 → 0, .5
    #expect((0..<4).map { _ in frequency.choose(from: [2, 1.5, -9]) } == [0, 1, 0, 1])
    var reward = Sampler(SamplingParameters(presencePenalty: -2))
    #expect((0..<3).map { _ in reward.choose(from: [1, 1.5]) } == [1, 1, 1])
  }

  @Test func biasIsAddedAfterPenalties() {
    var biased = Sampler(SamplingParameters(logitBias: [2: 3, 0: -.infinity]))
    #expect(biased.choose(from: [9, 2, 0]) == 2)
    // Penalty first: 4 / 2 − 1 = 1; the other way round it would be 1.5, above 1.2.
    var order = Sampler(SamplingParameters(repetitionPenalty: 2, logitBias: [0: -1]), prompt: [0])
    #expect(order.choose(from: [4, 1.2]) == 1)
  }

  // MARK: Log-probabilities

  @Test func logProbabilitiesAreTheLogSoftmaxOfTheRawLogits() {
    let logits = Self.logits(500, seed: 8) + [.nan, -.infinity]
    let sum = log(logits.filter(\.isFinite).reduce(0.0) { $0 + exp(Double($1)) })
    let (chosen, likeliest) = LogProbability.measure(logits, chosen: 17, count: 20)
    #expect(chosen.token == 17)
    #expect(abs(Double(chosen.value) - (Double(logits[17]) - sum)) < 1e-5)
    #expect(likeliest.map(\.token) == logits.indices.filter { logits[$0].isFinite }.sorted { logits[$0] > logits[$1] }.prefix(20).map { TokenID($0) })
    for one in likeliest { #expect(abs(Double(one.value) - (Double(logits[Int(one.token)]) - sum)) < 1e-5) }
    // Logits far out do not overflow.
    #expect(LogProbability.measure([10_000, 0], chosen: 0, count: 0).chosen.value == 0)
    #expect(LogProbability.measure([3], chosen: 0, count: 5).likeliest.count == 1)
  }

  // MARK: Ranges

  private static let outside: [(SamplingParameters, name: String, value: String, range: String)] = [
    (SamplingParameters(temperature: -0.1), "temperature", "-0.1", "from 0 to 100"),
    (SamplingParameters(temperature: .nan), "temperature", "nan", "from 0 to 100"),
    (SamplingParameters(temperature: .infinity), "temperature", "inf", "from 0 to 100"),
    (SamplingParameters(topK: 0), "top-k", "0", "1 or more"), (SamplingParameters(topP: 0), "top-p", "0.0", "above 0, up to 1"),
    (SamplingParameters(topP: 1.01), "top-p", "1.01", "above 0, up to 1"), (SamplingParameters(minP: 2), "min-p", "2.0", "from 0 to 1"),
    (SamplingParameters(minP: .nan), "min-p", "nan", "from 0 to 1"),
    (SamplingParameters(repetitionPenalty: 0), "the repetition penalty", "0.0", "above 0, up to 10"),
    (SamplingParameters(repetitionWindow: -1), "the repetition window", "-1", "0 or more"),
    (SamplingParameters(presencePenalty: 2.5), "the presence penalty", "2.5", "from -2 to 2"),
    (SamplingParameters(frequencyPenalty: -3), "the frequency penalty", "-3.0", "from -2 to 2"),
    (SamplingParameters(logitBias: [100: 1]), "a token with a bias", "100", "0 to 99"),
    (SamplingParameters(logitBias: [-1: 1]), "a token with a bias", "-1", "0 to 99"),
    (SamplingParameters(logitBias: [7: .nan]), "the bias of token 7", "nan", "from -100 to 100"),
  ]

  @Test(arguments: outside.indices)
  func aValueOutOfRangeIsNamedWithTheRange(index: Int) {
    let (parameters, name, value, range) = Self.outside[index]
    let error = #expect(throws: InferenceError.self) { try parameters.check(vocabularySize: 100) }
    #expect(error?.code == "parameter_out_of_range")
    #expect(error?.message == "\(name) is \(value)")
    #expect(error?.why?.contains(range) == true)
  }

  @Test func allThatIsDrawnHereIsInRange() {
    #expect(throws: Never.self) {
      for parameters in Self.cases { try parameters.check(vocabularySize: 100) }
      try SamplingParameters(logitBias: [0: -.infinity, 99: 100]).check(vocabularySize: 100)
    }
  }
}

/// Numbers of tests, the same on every run.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 2 &+ 1 }

  /// Marsaglia's xorshift64* (Vigna 2016).
  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
