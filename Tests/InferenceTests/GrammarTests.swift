import Foundation
import Inference
import Testing
import Tokenizer

/// Grammars of JSON schemas against what `jsonschema` says of the same texts, and masks against trying every token.
@Suite struct GrammarTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let schema: String
    let valid: [String]
    let invalid: [String]
    var testDescription: String { name }
  }

  static let cases: [Case] = (try? GoldenModels.decode("../schemas/schemas.json")) ?? []

  private static func accepts(_ text: String, _ beginning: ConstrainedText) -> Bool {
    var constrained = beginning
    // Byte by byte, so that every byte is one that a mask could have allowed.
    for byte in text.utf8 {
      guard let next = constrained.appending([byte]) else { return false }
      constrained = next
    }
    return constrained.isComplete
  }

  @Test func theGoldenCasesAreThere() { #expect(Self.cases.count > 40) }

  @Test(arguments: cases)
  func textsFitAsTheReferenceSays(golden: Case) throws {
    let beginning = try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(golden.schema))
    for text in golden.valid { #expect(Self.accepts(text, beginning), "\(text) fits") }
    for text in golden.invalid { #expect(!Self.accepts(text, beginning), "\(text) does not fit") }
  }

  /// However the bytes come, the text is the same.
  @Test(arguments: cases)
  func wholeTextsAreReadAsTheirBytes(golden: Case) throws {
    let beginning = try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(golden.schema))
    for text in golden.valid { #expect(beginning.appending(Array(text.utf8))?.isComplete == true, "\(text)") }
  }

  @Test func anyObjectIsAnObject() throws {
    let compiler = ConstraintCompiler(ByteVocabulary())
    let (object, value) = (try compiler.begin(.jsonObject), try compiler.begin(.json))
    for text in ["{}", #"{"a":[{"b":null}],"a":1}"#] { #expect(Self.accepts(text, object) && Self.accepts(text, value)) }
    for text in ["[]", "1", "\"{}\"", "null"] { #expect(!Self.accepts(text, object) && Self.accepts(text, value)) }
    // Space may be there, one after a colon, a comma, and in front.
    #expect(Self.accepts(#" {"a": 1, "b": [1, 2]}"#, object))
    for text in [#"{"a":  1}"#, #"{ "a":1}"#, #"{"a" :1}"#, "{}\n", #"{"a":1 }"#] { #expect(!Self.accepts(text, object), "\(text)") }
  }

  @Test func bytesThatAreNoTextAreRefused() throws {
    let string = try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(#"{"type":"string"}"#))
    // Overlong forms, surrogates, above U+10FFFF, characters that are cut off: Unicode 3.9, table 3-7.
    let broken: [[UInt8]] = [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5],
      [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0xA6], [0xC3, 0x28], [0x1F],
    ]
    for bytes in broken { #expect(string.appending([0x22] + bytes + [0x22]) == nil, "\(bytes)") }
    // Every character comes through, in UTF-8 and as escapes.
    for scalar in stride(from: UInt32(0x20), through: 0x10FFFF, by: 97).compactMap(Unicode.Scalar.init) where !["\"", "\\"].contains(scalar) {
      #expect(Self.accepts("\"\(scalar)\"", string))
      let escaped = String(scalar).utf16.map { "\\u" + String(repeating: "0", count: 4 - String($0, radix: 16).count) + String($0, radix: 16) }
      #expect(Self.accepts("\"\(escaped.joined())\"", string))
    }
    for escape in [#"\ud83e"#, #"\ud83ea"#, #"\ud83e\n"#, #"\ud83e\u0041"#, #"\udd8a"#, #"\ud83e\ud83e"#] {
      #expect(!Self.accepts("\"\(escape)\"", string), "\(escape)")
    }
  }

  // MARK: Masks

  /// Where texts stand after some of their bytes, the mask has exactly the tokens that can be appended.
  @Test(arguments: cases.indices)
  func aMaskHasTheTokensThatFollow(index: Int) throws {
    let golden = Self.cases[index]
    let vocabulary = MixedVocabulary()
    let compiler = ConstraintCompiler(vocabulary)
    for text in golden.valid.map({ Array($0.utf8) }) {
      for count in 0...text.count {
        let constrained = try #require(try compiler.begin(.jsonSchema(golden.schema)).appending(Array(text[..<count])))
        let mask = constrained.allowed()
        for token in 0..<TokenID(vocabulary.vocabularySize) {
          let bytes = vocabulary.bytes(of: token)
          let isAllowed =
            vocabulary.endOfGeneration.contains(token) ? constrained.isComplete : !bytes.isEmpty && constrained.appending(bytes) != nil
          #expect(mask.contains(token) == isAllowed, "token \(token) after \(String(decoding: text[..<count], as: UTF8.self))")
        }
        #expect(!mask.isEmpty)
      }
    }
  }

  /// The default model's vocabulary, with tokens of half characters.
  @Test func aMaskOfARealVocabularyHasTheTokensThatFollow() throws {
    let tokenizer = try LanguageModel.load(path: GoldenModels.smolLM2()).tokenizer
    let compiler = ConstraintCompiler(tokenizer)
    let schema =
      #"{"type":"object","properties":{"name":{"type":"string","maxLength":9},"n":{"type":"integer","minimum":-20,"maximum":300}},"required":["n"]}"#
    for beginning in ["", "{", #"{"na"#, #"{"name":"#, #"{"name":"aé"#, #"{"name":"abcdefgh"#, #"{"n":2"#, #"{"n":29,"x":[1,{"#, #"{"n":1}"#] {
      let constrained = try #require(try compiler.begin(.jsonSchema(schema)).appending(Array(beginning.utf8)))
      let mask = constrained.allowed()
      var wrong = 0
      for token in 0..<TokenID(tokenizer.vocabularySize) {
        let bytes = tokenizer.bytes(of: token)
        let isAllowed = tokenizer.endOfGeneration.contains(token) ? constrained.isComplete : !bytes.isEmpty && constrained.appending(bytes) != nil
        if mask.contains(token) != isAllowed { wrong += 1 }
      }
      #expect(wrong == 0, "after \(beginning)")
    }
  }

  /// A vocabulary that cannot write what must come is an empty mask, which the engine makes an error of.
  @Test func aVocabularyWithoutTheBytesAllowsNothing() throws {
    let constrained = try ConstraintCompiler(WordVocabulary(words: ["a", "b", "[", "]"])).begin(.jsonObject)
    #expect(constrained.allowed().isEmpty)
  }

  @Test func depthIsBounded() throws {
    var nested = try ConstraintCompiler(ByteVocabulary()).begin(.json)
    var depth = 0
    while let deeper = nested.appending([0x5B]) { (nested, depth) = (deeper, depth + 1) }
    #expect(depth == 32)
    // Whoever went as deep as it goes can still come back.
    #expect(nested.appending(Array("1".utf8) + [UInt8](repeating: 0x5D, count: 32))?.isFinished == true)
    // A value that needs more room than is left is never begun: the list ends in time.
    let list = ##"{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"],"additionalProperties":false}"##
    var linked = try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(list))
    depth = 0
    while let deeper = linked.appending(Array(#"{"next":"#.utf8)) { (linked, depth) = (deeper, depth + 1) }
    #expect(depth == 32)
    #expect(linked.appending(Array("null".utf8) + [UInt8](repeating: 0x7D, count: 32))?.isFinished == true)
  }
}
