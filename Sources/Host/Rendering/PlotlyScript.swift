import Foundation
import Keys
import Record

/// plotly.js, of which a site has one copy, and which a page loads when its reader wants to zoom into a figure.
///
/// A page names the file with its digest (Subresource Integrity, https://www.w3.org/TR/SRI/), so that what runs is what was checked when the
/// page was written. Without the file, or without JavaScript, the static figure stands and says everything.
package struct PlotlyScript: Sendable, Equatable {
  /// The script.
  package let data: Data
  /// `4.1.1`, as its first lines say.
  package let version: String
  /// `sha384-…`
  package let integrity: String

  /// The file's name in the site's `assets`.
  package var file: String { "plotly-\(version).min.js" }

  /// - Parameter path: where it comes from, for the error.
  /// - Throws: `Diagnostic` if this is not plotly.js.
  package init(_ data: Data, path: String) throws {
    let head = String(decoding: data.prefix(2000), as: UTF8.self)
    guard let match = head.firstMatch(of: /plotly\.js v([0-9]+\.[0-9]+\.[0-9]+)/) else {
      throw Diagnostic(
        "\(path) is not plotly.js: its first lines do not say 'plotly.js v' and a version",
        advice: "Name the file plotly.min.js of a release, with its first comment.")
    }
    self.data = data
    version = String(match.1)
    integrity = "sha256-" + Data(Digest(of: data).bytes).base64EncodedString()
  }

  /// What a page's head says of it.
  /// - Parameter root: from the page's folder to the site's.
  func meta(root: String) -> String {
    "<meta name=\"folio-plotly\" content=\"\(root)assets/\(file)\" data-integrity=\"\(integrity)\">"
  }
}
