import Attribution
import Figures
import Record
import SparseAutoencoders

// What a dictionary's values look like in a notebook: tables of numbers, and texts whose tokens are coloured by a feature.

extension ReconstructionCheck: Displayable {
  /// The numbers of the check, one on each row, with what they are.
  public var table: Table {
    var rows: [[Any]] = [
      ["explained variance", "\(explainedVariance)", "1 is perfect, 0 is as good as the mean"],
      ["L0", "\(l0)", "active features at a position, in the mean"],
      ["cosine", rounded(cosine), "of activation and reconstruction, in the mean"],
      ["length ratio", rounded(lengthRatio), "of reconstruction to activation, in the mean"],
      [
        "never active", "\(neverActive)", "of \(density.count) features, at \(positionCount) positions of \(promptCount) prompts",
      ],
    ]
    if let loss {
      rows += [
        ["loss recovered", "\(loss.recovered)", "1 if the model predicts as well as without the dictionary"],
        ["loss, the model's own", rounded(loss.model), "nats per token"],
        ["loss, spliced", rounded(loss.spliced), "nats per token, with the reconstruction"],
        ["loss, zeros", rounded(loss.zero), "nats per token, with zeros in its place"],
        ["divergence", rounded(loss.divergence), "nats per token, from the model's own distribution"],
      ]
    }
    return Table(columns: ["check", "value", "what it is"], rows: rows)
  }

  /// The dictionary, and the table.
  public var displayed: [Displayed] { [.text(dictionary), .table(table)] }
}

extension FeatureActivations: Displayable {
  /// The prompt's tokens coloured by one feature.
  /// - Throws: `featureOutOfRange`.
  public func coloredTokens(of feature: Int) throws -> ColoredTokens {
    ColoredTokens(labels, values: try values(of: feature), title: "Feature \(feature)")
  }

  /// The strongest features of the last positions, a row each.
  public func table(strongest count: Int = 5, last positions: Int = 24) -> Table {
    Table(
      columns: ["position", "token", "active", "strongest features"],
      rows: labels.indices.suffix(max(0, positions)).map { position in
        let strongest = (try? strongest(count, at: position)) ?? []
        let text = strongest.map { "\($0.feature) (\(rounded($0.value)))" }.joined(separator: ", ")
        return [position, labels[position], activeCounts[position], text]
      })
  }

  /// What it is, and the table.
  public var displayed: [Displayed] { [.text("\(self)"), .table(table())] }
}

extension FeatureAttribution: Displayable {
  /// The largest values, a row each.
  public func table(strongest count: Int = 12) -> Table {
    Table(
      columns: ["feature", "position", "token", "activation", "gradient", "value"],
      rows: strongest(count).map { [$0.feature, $0.position, labels[$0.position], $0.activation, $0.gradient, $0.value] })
  }

  /// The prompt's tokens coloured by what is attributed to the features of each position together.
  public func coloredTokens(title: String = "Attribution to features, logits") -> ColoredTokens {
    ColoredTokens(labels, values: byPosition, title: title)
  }

  /// What the numbers are, the tokens, the largest values, and how they compare with features that were really taken away.
  public var displayed: [Displayed] {
    let features = entries.reduce(0.0) { $0 + Double($1.value) }
    let errors = errors.reduce(0.0) { $0 + Double($1) }
    let method = steps == 1 ? "gradient × activation" : "integrated gradients of \(steps) steps"
    let note = "\(method): \(rounded(Float(features))) in \(entries.count) features, \(rounded(Float(errors))) in the error terms"
    return [.text(note), .tokens(coloredTokens()), .table(table())] + (check.map { [.text(text($0))] } ?? [])
  }

  private func text(_ check: PatchingCheck) -> String {
    "\(check.nodes.count) of them taken away in truth: correlation \(rounded(check.correlation)), largest error \(rounded(check.largestError))"
  }
}

extension FeatureExamples: Displayable {
  /// The texts around the feature's strongest positions, with their tokens coloured by it, all on one scale.
  public var coloredTokens: [ColoredTokens] {
    examples.map { example in
      ColoredTokens(
        example.labels, values: example.values, title: "Feature \(feature), text \(example.text), \(rounded(example.value))",
        limit: Double(largest), start: example.start)
    }
  }

  /// The tokens whose logits the feature raises and lowers most.
  public var table: Table {
    Table(
      columns: ["promotes", "per unit", "suppresses", "per unit"],
      rows: zip(promoted, suppressed).map { [$0.label, $0.value, $1.label, $1.value] })
  }

  /// How often it is active, the texts, and the tokens that it promotes.
  public var displayed: [Displayed] {
    [.text("\(self)")] + coloredTokens.map { .tokens($0) } + (promoted.isEmpty ? [] : [.table(table)])
  }
}

private func rounded(_ x: Float) -> Float { (x * 1000).rounded() / 1000 }

private func rounded(_ x: Double) -> String { "\((x * 1000).rounded() / 1000)" }
