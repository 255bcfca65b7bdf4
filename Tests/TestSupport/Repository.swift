import Foundation

/// The repository that the tests were built in.
package enum Repository {
  package static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// The notebooks that come with Folio.
  package static let notebooks = top + "/Notebooks"

  /// The trained model that they run on.
  package static let model = notebooks + "/models/prontoqa-tiny"
}
