import FuzzInput
import Inference

private let pool = ComputePool(threadCount: 1)

/// To compare to the bit; what is no number has many bit patterns, and none is promised.
private func bits(_ row: [Float]) -> [UInt32] { row.map { ($0.isNaN ? .nan : $0).bitPattern } }

/// Any bytes as a decoder in GGUF: it is refused with an error, or it computes logits, numbers or not, which a split of the text does not change.
Fuzzing.run { path in
  for type in KeyValueType.allCases {
    guard let model = try? LanguageModel.load(path: path, keyValueType: type, pool: pool) else { return }
    let tokens = (0..<9).map { Int32($0 * 5 % model.vocabularySize) }
    let logits = model.logits(of: tokens)
    precondition(logits.count == tokens.count && logits.allSatisfy { $0.count == model.vocabularySize }, "a row of logits for each token")
    let split = model.logits(of: tokens, split: 4)
    precondition(logits.map(bits) == split.map(bits), "a split changes the logits")
  }
}
