import Answering
import Foundation
import Testing

@Suite struct AnswerJSONTests {
  private let receipt = Answer.Receipt(question: "q", sequence: 3, embedder: "e", generator: nil, chunks: ["c"], mode: "quote")

  private func json(_ answer: Answer) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(answer), as: UTF8.self)
  }

  @Test func whatIsNotKnownIsNull() throws {
    let source = Answer.Source(number: 1, document: "d", path: "a/b.md", page: nil, lines: nil, heading: nil, quote: "Quote.", score: 0.5)
    let answer = Answer(answer: nil, sources: [source], abstained: true, kind: nil, verification: nil, usage: .init(), receipt: receipt)
    #expect(
      try json(answer) == """
        {"abstained":true,"answer":null,"kind":null,"receipt":{"approximation":null,"chunks":["c"],"embedder":"e","generator":null,"left_out_passages":0,"mode":"quote",\
        "question":"q","reranked_passages":0,"sequence":3},"sources":[{"box":null,"document":"d","heading":null,"lines":null,"number":1,"other_paths":[],"page":null,"path":"a/b.md","quote":"Quote.",\
        "score":0.5}],"usage":{"accepted_tokens":0,"cached_tokens":0,"completion_tokens":0,"decode_seconds":0,"disk_cached_tokens":0,\
        "drafted_tokens":0,"prefill_seconds":0,"prepared_tokens":0,"prompt_tokens":0,"queue_seconds":0,"retrieval_seconds":0},"verification":null}
        """)
  }

  @Test func itComesBackAsItWas() throws {
    let source = Answer.Source(number: 1, document: "d", path: "p", page: 3, lines: [1, 2], heading: "H", quote: "Q", score: 1)
    let answer = Answer(
      answer: "A [1]", sources: [source], abstained: false, kind: .generated, verification: .init(supported: true, unsupported: []), usage: .init(),
      receipt: receipt)
    #expect(try JSONDecoder().decode(Answer.self, from: Data(json(answer).utf8)) == answer)
  }

  @Test func plainTextHasNoMarks() {
    let sources = ["One\n  line.", "See [3]."].enumerated().map {
      Answer.Source(number: $0 + 1, document: "d", path: "p", page: nil, lines: nil, heading: nil, quote: $1, score: 1)
    }
    var answer = Answer(
      answer: "One line. [1] See [3]. [2]", sources: sources, abstained: false, kind: .quote, verification: nil, usage: .init(), receipt: receipt)
    #expect(answer.plainText == "One line. See [3].")
    answer.kind = .generated
    answer.answer = "It is [a] line. [1][2]"
    #expect(answer.plainText == "It is [a] line.")
    answer.answer = nil
    #expect(answer.plainText == nil)
  }
}
