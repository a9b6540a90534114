import ArgumentParser
import Evaluation
import Foundation

extension BenchCommand {
  struct Index: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "index", abstract: "Answer for the indexes of vectors and words, a line of JSON each: for scripts/bench/indexes.py.",
      shouldDisplay: false)

    func run() throws {
      var index = IndexUnderTest()
      let encoder = JSONEncoder()
      while let line = readLine() {
        let answer: IndexUnderTest.Answer
        do {
          answer = try index.answer(JSONDecoder().decode(IndexUnderTest.Request.self, from: Data(line.utf8)))
        } catch {
          answer = IndexUnderTest.Answer.failed("\(error)")
        }
        Terminal.write(String(decoding: try encoder.encode(answer), as: UTF8.self) + "\n")
      }
    }
  }
}
