import HTTPTypes
import Hummingbird

/// A model as OpenAI lists it.
private struct ModelEntry: Encodable {
  let id: String
  let object = "model"
  let created = 0
  let owned_by = "quarry"
}

private struct ModelList: Encodable {
  let object = "list"
  let data: [ModelEntry]
}

extension ServiceResponder {
  /// What a chat can name: the documents, and the generator if there is one.
  var modelNames: [String] { [Self.documentsModel] + [answering.generatorName].compactMap { $0 } }

  func models() -> Response { .json(ModelList(data: modelNames.map { ModelEntry(id: $0) })) }

  func model(_ name: String) throws -> Response {
    guard modelNames.contains(name) else { throw ServiceError.modelUnknown(name, known: modelNames) }
    return .json(ModelEntry(id: name))
  }
}
