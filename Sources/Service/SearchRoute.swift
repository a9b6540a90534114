import Answering
import Hummingbird
import Retrieval

/// The body of `POST /v1/search`.
struct SearchBody: Decodable, Sendable {
  let query: String
  let limit: Int?
  let collection: String?
  let explain: Bool?
  let diversity: Double?
  let join: Bool?
  let rerank: Int?
  let filter: FilterFields?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case query, limit, collection, explain, diversity, join, rerank, filter
  }

  init(from decoder: any Decoder) throws {
    try decoder.requireKnownFields(CodingKeys.allCases.map(\.rawValue))
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    query = try fields.decode(String.self, forKey: .query)
    limit = try fields.decodeIfPresent(Int.self, forKey: .limit)
    collection = try fields.decodeIfPresent(String.self, forKey: .collection)
    explain = try fields.decodeIfPresent(Bool.self, forKey: .explain)
    diversity = try fields.decodeIfPresent(Double.self, forKey: .diversity)
    join = try fields.decodeIfPresent(Bool.self, forKey: .join)
    rerank = try fields.decodeIfPresent(Int.self, forKey: .rerank)
    filter = try fields.decodeIfPresent(FilterFields.self, forKey: .filter)
  }

  func options(_ configuration: ServiceConfiguration) throws -> SearchOptions {
    try FieldCheck.question(query, field: "query", characterLimit: configuration.questionCharacterLimit)
    var options = SearchOptions()
    options.collection = collection ?? configuration.collection
    options.limit = try FieldCheck.range(limit, 1...100, field: "limit") ?? options.limit
    options.diversity = try FieldCheck.range(diversity, 0...1, field: "diversity") ?? options.diversity
    options.joinsNeighbours = join ?? true
    if let filter { options.filter = try filter.filter() }
    return options
  }

  func rerankLimit() throws -> Int {
    let limit = try FieldCheck.range(rerank, QueryLikelihood.limitRange, field: "rerank") ?? 0
    // One orders by the score, the other by how different passages are.
    if limit > 0, let diversity, diversity > 0 { throw ServiceError.field("rerank", "it cannot be given together with diversity") }
    return limit
  }
}

extension ServiceResponder {
  /// Passages for a query, best first.
  func search(_ request: Request, _ scope: RequestScope) async throws -> Response {
    let body = try await request.json(SearchBody.self, byteLimit: configuration.bodyByteLimit, scope: scope)
    let (options, rerankLimit) = (try body.options(configuration), try body.rerankLimit())
    // Who lets the generator judge waits for it like an answer, and keeps no other search waiting.
    let turns = rerankLimit > 1 ? answers : searches
    let passages = try await scope.run { [answering] in
      try await turns.withTurn { try await answering.search(body.query, options, rerankLimit: rerankLimit) }
    }
    return .json(SearchResults(passages, explain: body.explain ?? false))
  }
}
