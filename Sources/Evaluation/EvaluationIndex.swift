package import Answering
package import Embedding
import Foundation
package import Inference
package import Ingestion
import Retrieval
import Store

/// A data set's corpus in a real index: the same path that a user's folder takes.
package final class EvaluationIndex {
  private let retriever: Retriever
  private let engine: GenerationEngine?
  private let store: Store
  private let reuse: ReuseMethod?
  private let collection: String
  private let directory: String
  /// Whether the index is deleted at the end.
  private let isTemporary: Bool

  /// - Parameters:
  ///   - directory: An index to use; the corpus is ingested into it unless the collection holds documents. `nil` builds a temporary index.
  ///   - generatorPath: The generator's file, if answers are to be generated.
  ///   - reuse: How it takes over passages that were read elsewhere; `nil` for exact answers.
  package init(
    dataSet: DataSet, directory: String?, collection: String, embedder: Embedder, generatorPath: String?, reuse: ReuseMethod? = nil,
    progress: @escaping (IngestProgress) -> Void
  ) throws {
    self.collection = collection
    let path = directory ?? FileManager.default.temporaryDirectory.path + "/quarry-eval-\(UUID().uuidString)"
    self.directory = path
    isTemporary = directory == nil
    if try !Self.holds(collection, at: path) {
      guard let corpusPath = dataSet.corpusPath else { throw EvaluationError.corpusMissing(collection: collection, directory: directory) }
      let store = try Store.open(directory: path, access: .writing)
      _ = try Ingestor(store: store, embedder: embedder).ingest(corpusPath, into: collection, progress: progress)
    }
    self.reuse = reuse
    store = try Store.open(directory: path, access: .reading)
    retriever = Retriever(store: store, embedder: embedder)
    engine = try generatorPath.map { try GenerationEngine(model: LanguageModel.load(path: $0)) }
  }

  /// What is expected for each query, by the names that the data set has.
  package struct Expectations: Sendable {
    package let grades: [String: [String: Int]]
    /// By query, what results of other names count as: a file may share its document with another, under whose name it is found, or hold many records.
    let aliases: [String: [String: String]]
    /// Documents that are not in the index: nothing could find them.
    package let missing: [String]
  }

  /// - Throws: `EvaluationError` where the index holds other documents than the data set's.
  package func expectations(of dataSet: DataSet) throws -> Expectations {
    guard let handle = try store.collection(named: collection) else { return Expectations(grades: dataSet.grades, aliases: [:], missing: []) }
    let expected = Set(dataSet.grades.values.flatMap(\.keys)).sorted()
    guard dataSet.corpusPath == nil else {
      // A data set brings its documents, unless others were there.
      let names = try store.documentNames(of: handle.id)
      let missing = expected.filter { !names.contains($0) }
      guard missing.count < expected.count else { throw EvaluationError.otherDocuments(dataSet.name, collection: collection, directory: directory) }
      return Expectations(grades: dataSet.grades, aliases: [:], missing: missing)
    }
    var found: [String: Set<String>] = [:]
    for name in expected { found[name] = Set(try store.chunks(store.chunkIDs(ofDocument: name, in: handle.id)).values.map(\.document)) }
    var (aliases, grades) = ([String: [String: String]](), [String: [String: Int]]())
    for (query, graded) in dataSet.grades {
      let named = Self.named(graded, found)
      (aliases[query], grades[query]) = (named.aliases, named.grades)
    }
    return Expectations(grades: grades, aliases: aliases, missing: expected.filter { found[$0]?.isEmpty ?? true })
  }

  /// The names that results of one query count as. Of names that mean the same document the first stands for all.
  ///
  /// - Parameter found: The names of results, by what is expected.
  package static func named(_ graded: [String: Int], _ found: [String: Set<String>]) -> (aliases: [String: String], grades: [String: Int]) {
    var (aliases, grades) = ([String: String](), [String: Int]())
    for (name, grade) in graded.sorted(by: { $0.key < $1.key }) {
      let names = found[name] ?? []
      let known = names.compactMap { aliases[$0] }.min() ?? name
      for other in names where aliases[other] == nil { aliases[other] = known }
      grades[known] = max(grade, grades[known] ?? 0)
    }
    return (aliases, grades)
  }

  deinit {
    if isTemporary { try? FileManager.default.removeItem(atPath: directory) }
  }

  private static func holds(_ collection: String, at path: String) throws -> Bool {
    guard FileManager.default.fileExists(atPath: path) else { return false }
    let store = try Store.open(directory: path, access: .reading)
    return try store.collections().contains { $0.name == collection && $0.documentCount > 0 }
  }

  /// The best 100 documents of every query, and the seconds that each took.
  ///
  /// A query that cannot be searched for finds nothing; `refused` has its number.
  package func rank(
    _ queries: [DataSet.Query], _ expectations: Expectations, setting: RetrievalSetting = RetrievalSetting(), progress: (Int) -> Void
  ) async throws -> (ranking: Ranking, seconds: [Double], refused: [String]) {
    var ranking = Ranking()
    var seconds: [Double] = []
    var refused: [String] = []
    var options = setting.options
    options.collection = collection
    for (index, query) in queries.enumerated() {
      let start = ContinuousClock.now
      var documents: [(document: String, score: Double)] = []
      do {
        documents = try retriever.rankDocuments(query.text, limit: 100, options)
        if setting.rerankLimit > 0 { try await rerank(&documents, for: query.text, limit: setting.rerankLimit, options) }
      } catch let error as RetrievalError where error.isOfQuestion {
        refused.append(query.id)
      }
      seconds.append(start.duration(to: .now) / .seconds(1))
      var seen = Set<String>()
      let named = documents.map { (id: expectations.aliases[query.id]?[$0.document] ?? $0.document, score: $0.score) }
      ranking.append((query.id, named.filter { seen.insert($0.id).inserted }))
      progress(index + 1)
    }
    return (ranking, seconds, refused)
  }

  /// Puts the best documents in the order of their best passages as the generator judges them. The scores stay where they are: a run's fall.
  private func rerank(
    _ documents: inout [(document: String, score: Double)], for query: String, limit: Int, _ options: SearchOptions
  ) async throws {
    var options = options
    options.limit = limit
    options.perDocumentLimit = 1
    options.keepsNearDuplicates = true
    let judged = try await Answerer(retriever: retriever, engine: engine).search(query, options, rerankLimit: limit).map(\.chunk.document)
    let order = judged + documents.map(\.document).filter { !judged.contains($0) }
    documents = zip(order, documents.map(\.score)).map { ($0, $1) }
  }

  /// Sets the vectors' share of the score for all searches in the collection from now on.
  package func keep(denseWeight: Double) throws {
    guard let handle = try store.collection(named: collection) else { return }
    try Store.open(directory: directory, access: .writing).setDenseWeight(denseWeight, of: handle.id)
  }

  /// Lets the generator read all passages, for evaluations of what it then takes over.
  package func preparePassages(progress: (_ done: Int, _ total: Int) -> Void) async throws {
    guard let engine else { return }
    _ = try await PassagePreparation(engine: engine, collection: collection).prepareAll(of: store) { done, total, _ in progress(done, total) }
  }

  /// Counts of one evaluation of answers.
  package struct Counts: Sendable, Codable {
    package var answered = 0
    package var abstained = 0
    /// Of the generator's prompts.
    package var promptTokens = 0
    package var cachedTokens = 0
    package var preparedTokens = 0
    package var prefillSeconds = 0.0
  }

  /// Answers every question; one line of JSON each: `{"_id", "answer", "sources"}`.
  package func answer(_ queries: [DataSet.Query], options: AskOptions, to path: String, progress: (Int) -> Void) async throws -> Counts {
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
      throw EvaluationError.output(path, String(cString: strerror(errno)))
    }
    defer { try? file.close() }
    var options = options
    options.collection = collection
    let answerer = Answerer(retriever: retriever, engine: engine, reuse: reuse)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var counts = Counts()
    for (index, query) in queries.enumerated() {
      var final: Answer?
      do {
        for try await event in answerer.ask(query.text, options) {
          if case .finished(let answer) = event { final = answer }
        }
        if final == nil { preconditionFailure("an answer ended without its last event") }
      } catch let error as RetrievalError where error.isOfQuestion {
        // Nothing can be said to it.
      }
      if final?.abstained ?? true { counts.abstained += 1 } else { counts.answered += 1 }
      let usage = final?.usage ?? Answer.Usage()
      counts.promptTokens += usage.promptTokens
      counts.cachedTokens += usage.cachedTokens
      counts.preparedTokens += usage.preparedTokens
      counts.prefillSeconds += usage.prefillSeconds
      let line = AnswerLine(id: query.id, answer: final?.plainText, sources: final?.sources.map(\.document) ?? [])
      do {
        try file.write(contentsOf: encoder.encode(line) + Data("\n".utf8))
      } catch {
        throw EvaluationError.output(path, error.localizedDescription)
      }
      progress(index + 1)
    }
    return counts
  }
}

/// Queries with their documents, best first.
package typealias Ranking = [(query: String, documents: [(id: String, score: Double)])]

/// One line of the file that `score.py answers` reads; `answer` is null when the documents do not say.
private struct AnswerLine: Encodable {
  let id: String
  let answer: String?
  let sources: [String]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(id, forKey: .id)
    try container.encode(answer, forKey: .answer)
    try container.encode(sources, forKey: .sources)
  }

  private enum Key: String, CodingKey {
    case answer, sources
    case id = "_id"
  }
}

/// A run in the form that TREC's tools and `score.py` read: query, document, rank, score, parted by tabs.
package enum RunFile {
  package static func write(_ ranking: Ranking, to path: String) throws(EvaluationError) {
    let lines = ranking.flatMap { query, documents in
      documents.enumerated().map { "\(query)\t\($1.id)\t\($0 + 1)\t\($1.score)\n" }
    }
    do {
      try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .output(path, error.localizedDescription)
    }
  }
}
