import Figures
import Probing
import Statistics

// Probes and alignments as figures, with error bars and beside their controls.

extension ProbeEvaluation: Displayable {
  /// The accuracy beside that of shuffled labels and of the most frequent class, with its interval.
  public func figure() -> Figure {
    let controls = shuffled.controls.sorted()
    return Figure(
      BarChart(
        labels: ["probe", "shuffled labels", "majority"], title: title, y: "held-out accuracy", range: 0...1, format: ".3f"
      ) {
        Series("", y: [accuracy.value, shuffled.median, majority])
          .errors(
            from: [accuracy.interval?.lowerBound ?? accuracy.value, controls.first ?? 0, majority],
            to: [accuracy.interval?.upperBound ?? accuracy.value, controls.last ?? 0, majority])
      })
  }

  /// How many held-out examples of each class were read as each.
  public var confusionTable: Table {
    Table(
      columns: ["label \\ read as"] + probe.classes,
      rows: zip(probe.classes, confusion).map { [$0 as Any] + $1.map { $0 as Any } })
  }

  /// Its figure, its note, and the examples that it reads best and worst.
  public var displayed: [Displayed] { [.figure(figure()), .text(description), .table(margins.table())] }
}

extension ProbeSweep: Displayable {
  /// The accuracy in each layer with its interval, beside the band of shuffled labels and the most frequent class.
  public func figure(title: String? = nil) -> Figure {
    let x = layers.map(Double.init)
    let controls = evaluations.map(\.shuffled)
    return Figure(
      LineChart(title: title ?? "Probes of \(component)", x: "layer", y: "held-out accuracy", yRange: 0...1.02) {
        Series("probe", x: x, estimates: evaluations.map(\.accuracy), markers: true)
        Series("shuffled labels (middle, least to most)", x: x, y: controls.map(\.median))
          .band(from: controls.map(\.range.lowerBound), to: controls.map(\.range.upperBound))
        Series("majority", x: x, y: evaluations.map(\.majority))
      })
  }

  /// A row for each layer.
  public var table: Table {
    Table(
      zip(layers, evaluations).map { (layer: $0, result: $1) },
      [
        "layer": { $0.layer }, "accuracy": { $0.result.accuracy.short }, "n": { $0.result.accuracy.n },
        "shuffled labels": { $0.result.shuffled.median }, "p": { $0.result.shuffled.p }, "majority": { $0.result.majority },
      ])
  }

  /// Its figure, and the note of the best layer.
  public var displayed: [Displayed] { [.figure(figure()), .text(description)] }
}

extension RidgeEvaluation: Displayable {
  /// R² beside that of shuffled targets.
  public func figure() -> Figure { [shuffled].figure(title: title, y: "held-out R²") }

  /// Its figure, and its note.
  public var displayed: [Displayed] { [.figure(figure()), .text(description)] }
}

extension InterchangeScore: Displayable {
  /// Accuracy and recovery, and the examples that change most and least.
  public var displayed: [Displayed] { [.text(description), .table(margins.table())] }
}

extension Alignment: Displayable {
  /// On held-out pairs: accuracy and recovery beside their random controls and shuffled sources, and the loss of each step of the search.
  public func figure(title: String? = nil) -> Figure {
    let claims = [
      ("accuracy, random parts", randomAccuracy), ("recovery, random parts", randomRecovery),
      ("accuracy, shuffled sources", shuffledSources),
    ]
    .compactMap { name, comparison in comparison.map { (name: name, comparison: $0) } }
    let intervals = claims.map { $0.name.hasPrefix("recovery") ? heldOut.recovery?.interval : heldOut.accuracy.interval }
    return .row(title: title ?? part, sharesColors: false) {
      BarChart(
        labels: claims.map(\.name), title: "Held-out pairs, beside controls", x: "share", direction: .horizontal
      ) {
        Series("found", y: claims.map(\.comparison.value))
          .errors(
            from: zip(claims, intervals).map { $1?.lowerBound ?? $0.comparison.value },
            to: zip(claims, intervals).map { $1?.upperBound ?? $0.comparison.value })
        Series("controls (middle, least to most)", y: claims.map(\.comparison.median))
          .errors(from: claims.map(\.comparison.range.lowerBound), to: claims.map(\.comparison.range.upperBound))
      }
      LineChart(["loss": losses], title: "Search", x: "step", y: "loss (nats)")
    }
  }

  /// Its figure, and its note.
  public var displayed: [Displayed] { [.figure(figure()), .text(description)] }
}
