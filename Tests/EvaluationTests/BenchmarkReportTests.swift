import Foundation
import Testing

import Evaluation

@Suite struct BenchmarkReportTests {
  @Test func barsHoldFromTheirValueOn() {
    #expect(BenchmarkReport.Figure("a", 10, "tokens/s", bar: 10).holds == true)
    #expect(BenchmarkReport.Figure("a", 9.99, "tokens/s", bar: 10).holds == false)
    #expect(BenchmarkReport.Figure("a", 10, "ms", bar: 10, lowerIsBetter: true).holds == true)
    #expect(BenchmarkReport.Figure("a", 10.01, "ms", bar: 10, lowerIsBetter: true).holds == false)
    #expect(BenchmarkReport.Figure("a", 10, "tokens/s").holds == nil)
  }

  @Test func ratiosSayHowManyTimesBetter() throws {
    let rate = BenchmarkReport.Figure("a", 30, "tokens/s", peer: "p", peerValue: 10)
    let time = BenchmarkReport.Figure("a", 2, "ms", lowerIsBetter: true, peer: "p", peerValue: 8)
    #expect(rate.ratio == 3)
    #expect(time.ratio == 4)
    #expect(BenchmarkReport.Figure("a", 30, "tokens/s", peer: "p", peerValue: nil).peer == nil)
  }

  @Test func tableNamesWhatWasMissed() {
    let report = BenchmarkReport(
      machine: "m", figures: [.init("prefill", 5, "tokens/s", bar: 10), .init("decode", 5, "tokens/s", bar: 4, peer: "llama.cpp", peerValue: 2)])
    let lines = report.table.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[2].contains("MISSED"))
    #expect(lines[3].contains("holds") && lines[3].contains("llama.cpp") && lines[3].contains("2.50"))
  }

  @Test func jsonHasThePromisedKeys() throws {
    let data = try JSONEncoder().encode(BenchmarkReport.Figure("a", 30, "tokens/s", bar: 20, peer: "p", peerValue: 10))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(object.keys) == ["name", "value", "unit", "peer", "peer_value", "ratio", "bar", "holds"])
  }
}
