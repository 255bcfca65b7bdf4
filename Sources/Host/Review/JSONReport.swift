import Foundation
import Text

/// How reports are written as JSON.
enum ReportJSON {
  /// With sorted keys; what is no number in JSON is a text.
  static func text(_ report: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return ((try? encoder.encode(report)).map { spelled(String(decoding: $0, as: UTF8.self)) } ?? "{}") + "\n"
  }

  /// JSON can spell every character by its number: without what steers a terminal, or hides, it means the same.
  private static func spelled(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: { VisibleText.sign($0, breaks: true) != nil }) else { return json }
    return json.unicodeScalars.map { scalar in
      VisibleText.sign(scalar, breaks: true) == nil
        ? String(scalar) : String(scalar).utf16.map { "\\u" + String(format: "%04x", $0) }.joined()
    }.joined()
  }
}

extension SiteReview {
  /// The report as JSON, with sorted keys. `folio diff --help` and the manual describe it: `base`, `head`, `isChanged`, `verdict`, and
  /// `notebooks`, each with `cells`, each with `outputs`.
  package var json: String {
    ReportJSON.text(Report(format: 1, isChanged: isChanged, verdict: verdict, base: base, head: head, notebooks: notebooks))
  }

  private struct Report: Encodable {
    let format: Int
    let isChanged: Bool
    let verdict: String
    let base: String
    let head: String
    let notebooks: [NotebookReview]
  }
}
