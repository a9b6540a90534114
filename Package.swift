// swift-tools-version: 6.2

import PackageDescription

/// Swift 6 language mode, explicit existentials and imports, warnings as errors: every Swift target.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The modules that hold pointers to C also mark every unsafe expression.
let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety()]

let strictC: [CSetting] = [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")]

let package = Package(
  name: "quarry",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "quarry", targets: ["quarry"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // C and C++ behind C headers
    .target(name: "CKernels", cSettings: strictC),
    .target(
      name: "CFaiss",
      dependencies: ["CKernels"],
      cxxSettings: [.treatAllWarnings(as: .error), .headerSearchPath("private")],
      linkerSettings: [.linkedLibrary("faiss"), .linkedLibrary("openblas"), .linkedLibrary("gomp"), .linkedLibrary("stdc++")]
    ),
    .target(name: "CPostings", cSettings: strictC),
    .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),
    .systemLibrary(name: "CMarkGFM", pkgConfig: "libcmark-gfm", providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
    .systemLibrary(name: "CGMime", pkgConfig: "gmime-3.0", providers: [.apt(["libgmime-3.0-dev"])]),
    .target(name: "CMail", dependencies: ["CGMime"], cSettings: strictC),
    .systemLibrary(name: "CGumbo", pkgConfig: "gumbo", providers: [.apt(["libgumbo-dev"])]),
    .target(name: "CHTML", dependencies: ["CGumbo"], cSettings: strictC),
    .systemLibrary(name: "CUchardet", pkgConfig: "uchardet", providers: [.apt(["libuchardet-dev"])]),

    .target(name: "Diagnostics", swiftSettings: strict),
    .target(
      name: "DurableFiles", dependencies: ["Diagnostics", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: strictMemory),

    // Documents to chunks
    .target(name: "Documents", dependencies: ["Diagnostics", "CMarkGFM", "CHTML", "CMail", "CUchardet"], swiftSettings: strict),
    .target(name: "Chunking", dependencies: ["Documents"], swiftSettings: strict),

    // Models
    .target(name: "ModelFile", dependencies: ["Diagnostics"], swiftSettings: strictMemory),
    .target(name: "Jinja", dependencies: ["Diagnostics"], swiftSettings: strict),
    .target(name: "Tokenizer", dependencies: ["Diagnostics", "Jinja", "ModelFile"], swiftSettings: strictMemory),
    .target(name: "Scheduling", dependencies: [.product(name: "HeapModule", package: "swift-collections")], swiftSettings: strict),
    .target(
      name: "Inference",
      dependencies: ["Diagnostics", "CKernels", "ModelFile", "Scheduling", "Tokenizer", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strictMemory),
    .target(name: "Embedding", dependencies: ["Diagnostics", "CKernels", "Inference", "ModelFile", "Tokenizer"], swiftSettings: strictMemory),
    .target(name: "Models", dependencies: ["Diagnostics", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),

    // Index and search
    .target(
      name: "VectorIndex", dependencies: ["Diagnostics", "CFaiss", "DurableFiles"], swiftSettings: strictMemory),
    .target(name: "Lexical", dependencies: ["CPostings", "CStemmer", "Diagnostics", "DurableFiles"], swiftSettings: strictMemory),
    .target(
      name: "Store",
      dependencies: [
        "Diagnostics", "Chunking", "Documents", "DurableFiles", "Lexical", "VectorIndex", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Ingestion",
      dependencies: [
        "Diagnostics", "Chunking", "Documents", "DurableFiles", "Embedding", "Store", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict
    ),
    .target(name: "Retrieval", dependencies: ["Diagnostics", "Documents", "Embedding", "Lexical", "Store"], swiftSettings: strict),
    .target(
      name: "Answering",
      dependencies: [
        "Diagnostics", "Chunking", "Documents", "Embedding", "Inference", "Lexical", "Retrieval", "Store", "Tokenizer",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict
    ),

    // Faces
    .target(
      name: "Service",
      dependencies: [
        "Diagnostics", "Answering", "Documents", "Inference", "Retrieval", "Scheduling", "Store", "Tokenizer",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Evaluation",
      dependencies: [
        "CKernels", "Diagnostics", "Answering", "Documents", "Embedding", "Inference", "Ingestion", "Lexical", "ModelFile", "Retrieval", "Scheduling",
        "Store", "Tokenizer", "VectorIndex",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "quarry",
      dependencies: [
        "Diagnostics", "Answering", "Documents", "Embedding", "Evaluation", "Inference", "Ingestion", "Models", "Retrieval", "Scheduling", "Service",
        "Store",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),

    // One folder of tests a module, and the whole program from outside
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels"], swiftSettings: strict),
    .testTarget(name: "ModelFileTests", dependencies: ["ModelFile"], swiftSettings: strict),
    .testTarget(name: "JinjaTests", dependencies: ["Jinja", "Tokenizer"], swiftSettings: strict),
    .testTarget(name: "TokenizerTests", dependencies: ["Jinja", "ModelFile", "Tokenizer"], swiftSettings: strict),
    .testTarget(name: "SchedulingTests", dependencies: ["Scheduling"], swiftSettings: strict),
    .testTarget(name: "InferenceTests", dependencies: ["Inference", "ModelFile", "Scheduling", "Tokenizer"], swiftSettings: strict),
    .testTarget(name: "EmbeddingTests", dependencies: ["Embedding", "Inference"], swiftSettings: strict),
    .testTarget(name: "ModelsTests", dependencies: ["Diagnostics", "Models"], swiftSettings: strict),
    .testTarget(name: "DocumentsTests", dependencies: ["Diagnostics", "Documents"], swiftSettings: strict),
    .testTarget(name: "ChunkingTests", dependencies: ["Chunking", "Documents"], swiftSettings: strict),
    .testTarget(name: "VectorIndexTests", dependencies: ["Diagnostics", "DurableFiles", "VectorIndex"], swiftSettings: strict),
    .testTarget(name: "LexicalTests", dependencies: ["DurableFiles", "Lexical"], swiftSettings: strict),
    .testTarget(
      name: "StoreTests",
      dependencies: ["Chunking", "Diagnostics", "Documents", "Store", "VectorIndex", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .testTarget(name: "IngestionTests", dependencies: ["Chunking", "Documents", "Embedding", "Ingestion", "Store"], swiftSettings: strict),
    .testTarget(
      name: "RetrievalTests", dependencies: ["Chunking", "Documents", "Embedding", "Lexical", "Retrieval", "Store"], swiftSettings: strict),
    .testTarget(
      name: "AnsweringTests",
      dependencies: ["Answering", "Chunking", "Documents", "Embedding", "Inference", "ModelFile", "Retrieval", "Store", "Tokenizer"],
      swiftSettings: strict),
    .testTarget(name: "EvaluationTests", dependencies: ["CKernels", "Evaluation", "Inference", "Scheduling"], swiftSettings: strict),
    .testTarget(
      name: "ServiceTests",
      dependencies: [
        "Answering", "Diagnostics", "Inference", "Retrieval", "Scheduling", "Service", "Store", "Tokenizer",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .testTarget(name: "EndToEndTests", dependencies: ["quarry", "Documents", "Embedding", "Ingestion", "Store"], swiftSettings: strict),
  ]
)
