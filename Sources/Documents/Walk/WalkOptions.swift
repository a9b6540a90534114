/// What a walk through a folder takes in. A file that is asked for by its own name is always taken.
package struct WalkOptions: Sendable, Equatable {
  /// Only files that one of these fits, or that lie in a folder which one fits; empty for all.
  package var includes: [PathPattern] = []
  /// What these fit is left out, whatever ignore files say.
  package var excludes: [PathPattern] = []
  /// Whether `.gitignore` and `.quarryignore` are followed.
  package var followsIgnoreFiles = true
  /// Whether files and folders whose names begin with a dot are taken in.
  package var includesHidden = false
  /// Larger files are left out; `nil` for no limit but the readers'.
  package var fileByteLimit: Int64?

  package init() {}
}
