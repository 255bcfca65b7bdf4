import Foundation

extension Review {
  /// The report as JSON, with sorted keys. `folio diff --help` and the manual describe it: `base`, `head`, `isChanged`, `verdict`, and
  /// `notebooks`, each with `cells`, each with `outputs`.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let report = Report(format: 1, isChanged: isChanged, verdict: verdict, base: base, head: head, notebooks: notebooks)
    return ((try? encoder.encode(report)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
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
