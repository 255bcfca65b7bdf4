import Record

/// Coloured tokens are a table of which the record has rounded the numbers.
enum TokensComparator: OutputComparator {
  static let form = OutputReview.Form.tables

  static func compare(_ sides: OutputSides) -> any Comparison {
    sides.comparingTexts {
      TableComparison($0, $1, rule: sides.rule.forRecorded(isSingle: !sides.singlePrecision.isEmpty))
    }
  }
}
