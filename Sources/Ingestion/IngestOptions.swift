package import Documents

/// What a run of ingestion does beyond bringing a collection up to date.
package struct IngestOptions: Sendable {
  /// Reads every file again, also those that have not changed.
  package var rereadsAll = false
  /// Tries files again that failed, though neither they nor the readers have changed.
  package var retriesFailed = false
  /// Believes a folder that held many documents and holds nothing at all now.
  package var acceptsEmptiedFolder = false
  package var walk = WalkOptions()

  package init() {}
}
