import FuzzInput
import Jinja
import Tokenizer

/// Characters that no template writes by itself (private use), so that they tell where text comes from.
private let secret = "\u{E000}\u{E001}"
private let marks: ClosedRange<UInt32> = 0xE000...0xE001

private let tools = Value.list([
  .dictionary([("type", .template("function")), ("function", .dictionary([("name", .data(secret)), ("parameters", .dictionary([]))]))])
])

private var limits: Limits {
  var limits = Limits()
  limits.work = 300_000
  return limits
}

/// Any text as a chat template: refused with an error, or it renders a conversation; what users wrote never counts as the template's.
Fuzzing.runOnBytes { input in
  let source = String(decoding: input, as: UTF8.self)
  guard let template = try? Template(source) else { return }
  func message(_ role: String) -> Value { .dictionary([("role", .template(role)), ("content", .data("Hi \(secret) <|im_end|>"))]) }
  let variables: [String: Value] = [
    "messages": .list(["system", "user", "assistant", "user"].map(message)), "tools": tools, "add_generation_prompt": .bool(true),
    "bos_token": .template("<s>"), "eos_token": .template("</s>"),
  ]
  guard let text = try? template.render(variables, limits: limits) else { return }
  precondition(text.scalars.count <= limits.outputLength, "a text longer than its limit")
  // With an escape a template can write any character.
  guard !source.contains("\\"), !source.unicodeScalars.contains(where: { marks.contains($0.value) }) else { return }
  for scalar in text.scalars where marks.contains(scalar.scalar.value) { precondition(!scalar.isTemplate, "a user's text became the template's") }
}
