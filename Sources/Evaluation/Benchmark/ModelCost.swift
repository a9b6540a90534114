import ModelFile

/// What a token costs with a model, from its file: what the limits of a machine are divided by.
struct ModelCost {
  /// Bytes of all weights that one token reads: everything, except an embedding that is not the output head too.
  let bytesPerToken: Double
  /// Multiply-adds of a prompt's token in the layers' matrices; the head is computed for the last token only, attention comes on top.
  let multiplyAddsPerToken: Double

  init(path: String) throws {
    let file = try GGUFFile(path: path)
    let isTied = file.tensors["output.weight"] == nil
    var bytes = 0
    var multiplyAdds = 0
    for tensor in file.tensors.values {
      let isEmbedding = tensor.name == "token_embd.weight"
      if !isEmbedding || isTied { bytes += tensor.byteRange.count }
      if tensor.shape.count == 2, !isEmbedding, tensor.name != "output.weight" { multiplyAdds += tensor.elementCount }
    }
    bytesPerToken = Double(bytes)
    multiplyAddsPerToken = Double(multiplyAdds)
  }
}
