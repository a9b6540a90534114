import Synchronization

extension Store {
  /// Derived files that were found to be of no use, and not made anew since.
  package var damagedFiles: Set<String> { damage.withLock { $0 } }

  func noteDamage(_ path: String) { _ = damage.withLock { $0.insert(path) } }

  /// Makes derived files anew that a search found damaged or missing; without effect if none were.
  ///
  /// A reader becomes a writer for as long as it takes. Searches go on meanwhile, from the database.
  ///
  /// - Throws: `index_locked` while another process writes, which mends them itself when it ends; what `publish` throws.
  /// - Returns: The files that were mended.
  package func repair() throws(StoreError) -> Set<String> {
    let known = damagedFiles
    if known.isEmpty { return [] }
    let writer = access == .writing ? self : try Store.open(directory: directory, access: .writing, options: options)
    for collection in try writer.collections() { try writer.publish(collection.id) }
    damage.withLock { $0.subtract(known) }
    return known
  }
}
