import Synchronization

extension Store {
  /// Derived files that were found to be of no use, and not made anew since.
  package var damagedFiles: Set<String> { damage.withLock { $0 } }

  func noteDamage(_ path: String) { _ = damage.withLock { $0.insert(path) } }

  /// Makes derived files anew that a search found damaged or missing; without effect if none were.
  ///
  /// A reader becomes a writer for as long as it takes. Searches go on meanwhile, from the database. Vectors that are staged for a document that is not
  /// finished stay.
  ///
  /// - Throws: `index_locked` while another process writes, which mends them itself when it ends; what `publish` throws, after all collections were
  ///   looked at.
  /// - Returns: The files whose content can be searched again.
  package func repair() throws(StoreError) -> Set<String> {
    let known = damagedFiles
    if known.isEmpty { return [] }
    let writer = access == .writing ? self : try Store.open(directory: directory, access: .writing, options: options)
    var failure: StoreError?
    for collection in try writer.collections() {
      do throws(StoreError) { try writer.publish(collection.id, clearsStagedVectors: false) } catch { failure = failure ?? error }
    }
    if writer !== self { for sentence in writer.notices { notice(sentence) } }
    if let failure { throw failure }
    // A file may only have seemed damaged, when nothing could be opened for a moment: then it has no new name, by which it would be looked at again.
    for cache in vectorCaches.withLock({ Array($0.values) }) { cache.reset() }
    for cache in wordCaches.withLock({ Array($0.values) }) { cache.reset() }
    damage.withLock { $0.subtract(known) }
    return known
  }
}
