import Chunking
import Testing

@Suite struct SentenceSplitterTests {
  static func sentences(_ text: String, isCode: Bool = false) -> [String] {
    SentenceSplitter(isCode: isCode).ranges(in: text).map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
  }

  @Test(arguments: [
    ("One. Two! Three?", ["One.", "Two!", "Three?"]),
    ("Dr. Smith met J. R. Tolkien. They talked.", ["Dr. Smith met J. R. Tolkien.", "They talked."]),
    ("It is 3.14 m long. Next one.", ["It is 3.14 m long.", "Next one."]),
    ("See Fig. 3 and e.g. this. Done.", ["See Fig. 3 and e.g. this.", "Done."]),
    ("He said \"No.\" Then he left.", ["He said \"No.\"", "Then he left."]),
    ("\"Why?\" he asked. (He knew.) Yes.", ["\"Why?\" he asked.", "(He knew.)", "Yes."]),
    ("The U.S. Army came to Washington, D.C. The war ended.", ["The U.S. Army came to Washington, D.C.", "The war ended."]),
    ("¿Qué pasa? ¡Hola! Bien.", ["¿Qué pasa?", "¡Hola!", "Bien."]),
    ("彼は言った。「はい。」次は？", ["彼は言った。", "「はい。」", "次は？"]),
    ("यह है। वह है।", ["यह है।", "वह है।"]),
    ("هل هذا؟ نعم.", ["هل هذا؟", "نعم."]),
    ("Wait... what? Yes… No.", ["Wait... what?", "Yes…", "No."]),
    ("A line\nwrapped here. Next.", ["A line\nwrapped here.", "Next."]),
    ("- one\n- two\n- three", ["- one", "- two", "- three"]),
    ("1. First\n2. Second", ["1. First", "2. Second"]),
    ("Title\n\nText here", ["Title", "Text here"]),
    ("a: 1 · b: 2\na: 3 · b: 4", ["a: 1 · b: 2", "a: 3 · b: 4"]),
    ("Known since 1841.[12] It stands.", ["Known since 1841.[12]", "It stands."]),
    ("Use file.txt or example.com today.", ["Use file.txt or example.com today."]),
    ("No. 5 is alive. No. 6 is not.", ["No. 5 is alive.", "No. 6 is not."]),
    ("", []), ("   \n ", []), ("...", ["..."]),
  ])
  func sentences(text: String, expected: [String]) {
    #expect(Self.sentences(text) == expected)
  }

  @Test func codeIsCutAtLines() {
    #expect(Self.sentences("let a = 1\n  let b = 2", isCode: true) == ["let a = 1", "let b = 2"])
  }
}
