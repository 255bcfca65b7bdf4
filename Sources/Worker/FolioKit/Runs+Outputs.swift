import Figures
import Foundation
import Record

/// What a cell of the runs put out.
extension Runs {
  /// What a cell put out in each run, beside the values of the parameters by which the runs differ: a row for each run and value, or, where the cell shows a
  /// table, the rows of these tables.
  /// - Parameter label: the cell's, or an inline expression.
  /// - Throws: `RunsError` if a run has no such cell, if it put out neither a value nor a table, if tables have different columns, and if the runs are of
  ///   different versions of the notebook.
  public func table(of label: String) throws -> Table {
    let found = try outputs(of: label)
    let parameters = columns
    let heads = parameters.map { name in
      Table.Column(name, isNumeric: all.allSatisfy { Double($0.parameters[name] ?? "") != nil })
    }
    func values(_ run: Run) -> [String] { parameters.map { run.parameters[$0] ?? "" } }
    if found.contains(where: { $0.outputs.contains { $0.kind == .table } }) {
      let tables = try found.map { run, outputs in try (run, table(outputs.first { $0.kind == .table }, of: run, label)) }
      guard let first = tables.first?.1.first else { return Table(columns: heads, rows: []) }
      for (run, rows) in tables where rows.first != first {
        throw RunsError(
          "the table of '\(label)' has other columns in \(run.name) than in \(tables[0].0.name)",
          advice: "Select runs that have the same, by 'where'.")
      }
      let rows = tables.flatMap { run, rows in rows.dropFirst().map { values(run) + $0 } }
      let bodies = tables.flatMap { $0.1.dropFirst() }
      let columns = first.enumerated().map { place, title in
        Table.Column(
          title, isNumeric: !bodies.isEmpty && bodies.allSatisfy { $0.indices.contains(place) && Double($0[place]) != nil })
      }
      return Table(columns: heads + columns, rows: rows)
    }
    let rows = try found.map { run, outputs in try (run, self.values(outputs, of: run, label)) }
    let count = rows.map(\.1.count).max() ?? 0
    let titles = (0..<count).map { count == 1 ? label : "\(label) \($0 + 1)" }
    let columns = titles.enumerated().map { place, title in
      Table.Column(title, isNumeric: rows.allSatisfy { !$0.1.indices.contains(place) || Double($0.1[place]) != nil })
    }
    return Table(
      columns: heads + columns,
      rows: rows.map { run, texts in values(run) + (0..<count).map { texts.indices.contains($0) ? texts[$0] : "" } })
  }

  /// The value of a cell or of an inline expression in each run, in the order of the runs, as text.
  /// - Throws: `RunsError`, also if a run put out another number of values than one.
  public func values(_ label: String) throws -> [String] {
    try outputs(of: label).map { run, outputs in
      let texts = try values(outputs, of: run, label)
      guard texts.count == 1 else {
        throw RunsError(
          "'\(label)' put out \(texts.count) values in \(run.name), and one is wanted", advice: "'table(of:)' takes all.")
      }
      return texts[0]
    }
  }

  /// The same as numbers.
  /// - Throws: `RunsError`, also if one of them is no number.
  public func numbers(_ label: String) throws -> [Double] {
    try zip(all, values(label)).map { run, text in
      guard let number = Double(text) else {
        throw RunsError("'\(label)' is '\(text.prefix(60))' in \(run.name), and no number", advice: "'values' takes texts.")
      }
      return number
    }
  }

  /// The figures of a cell in each run, in the order of the runs; each says which run it is of.
  /// - Throws: `RunsError`, also if a run put out no figure there.
  public func figures(_ label: String) throws -> [RunFigure] {
    try outputs(of: label).flatMap { run, outputs -> [RunFigure] in
      let files = outputs.filter { $0.kind == .figure }.compactMap(\.file)
      guard !files.isEmpty else {
        throw RunsError("'\(label)' put out no figure in \(run.name)", advice: "Select runs that have one, by 'where'.")
      }
      return try files.map { file in try RunFigure(run: run.name, json: text(file, of: run), file: file) }
    }
  }

  // MARK: - Finding

  /// The parameters by which the runs differ or that they were given, in the order of the notebook.
  private var columns: [String] {
    let given = all.reduce(into: [String]()) { names, run in names += run.assigned.filter { !names.contains($0) } }
    return given
  }

  /// What the cell put out in each run.
  private func outputs(of label: String) throws -> [(run: Run, outputs: [RecordIndex.Output])] {
    try checkVersions(upTo: label)
    return try all.map { run in
      if let cell = run.index.cells.first(where: { $0.id == label }) { return (run, cell.outputs) }
      let expressions = run.index.cells.flatMap(\.outputs).filter { $0.expression == label }
      guard let first = expressions.first else {
        let labels = run.index.cells.map(\.id).filter { !$0.hasPrefix("inline-") }
        throw RunsError("\(notebook)@\(run.name) has no cell '\(label)'", advice: "It has: \(labels.joined(separator: ", ")).")
      }
      return (run, [first])
    }
  }

  /// Results of different code do not go together.
  private func checkVersions(upTo label: String) throws {
    var versions: [[String?]: [String]] = [:]
    for run in all {
      let end = run.index.cells.firstIndex { cell in cell.id == label || cell.outputs.contains { $0.expression == label } }
      let keys = run.index.cells.prefix((end ?? -1) + 1).map(\.key)
      versions[keys, default: []].append(run.name)
    }
    try checkDoubles()
    guard versions.count > 1 else { return }
    let groups = versions.values.sorted { $0.count > $1.count }.map {
      $0.prefix(4).joined(separator: ", ") + ($0.count > 4 ? " and \($0.count - 4) more" : "")
    }
    throw RunsError(
      "the runs of '\(notebook)' are of \(versions.count) versions of its code up to '\(label)': \(groups.joined(separator: " | "))",
      advice: "Make them again, or select those of one version by 'where'.")
  }

  /// One run under two names would count twice.
  private func checkDoubles() throws {
    var known: [[String: String]: String] = [:]
    for run in all {
      guard let other = known.updateValue(run.name, forKey: run.parameters) else { continue }
      throw RunsError(
        "\(other) and \(run.name) of '\(notebook)' are one run under two names: all parameters are the same",
        advice: "Leave one out, by 'where { $0.name != \"\(run.name)\" }'.")
    }
  }

  private func values(_ outputs: [RecordIndex.Output], of run: Run, _ label: String) throws -> [String] {
    let texts = try outputs.filter { $0.kind == .value }.map { output in
      try output.text ?? output.file.map { try text($0, of: run).trimmingSuffix } ?? ""
    }
    guard !texts.isEmpty else {
      throw RunsError("'\(label)' put out neither a value nor a table in \(run.name)", advice: "See its page.")
    }
    return texts
  }

  private func table(_ output: RecordIndex.Output?, of run: Run, _ label: String) throws -> [[String]] {
    guard let file = output?.file else {
      throw RunsError("'\(label)' put out no table in \(run.name)", advice: "Select runs that have one, by 'where'.")
    }
    return CSVText.rows(try text(file, of: run))
  }
}

extension Runs: Displayable {
  /// How many there are, and what is missing.
  public var displayed: [Displayed] { [.text("\(notebook): \(note)")] }
}

extension String {
  /// Without the line feed at its end.
  fileprivate var trimmingSuffix: String { hasSuffix("\n") ? String(dropLast()) : self }
}

/// A figure of a run, as its record holds it.
public struct RunFigure: Displayable {
  /// The name of the run.
  public let run: String
  /// The figure in Plotly's schema, with the run's name in its title.
  public let plotlyJSON: String
  /// The numbers of each of its traces: those of a curve or of bars, those of a heat map row by row. What is no number is NaN.
  public let numbers: [[Double]]

  init(run: String, json: String, file: String) throws {
    guard let value = try? JSONValue(json.utf8), case .object(var figure) = value else {
      throw RunsError("'\(file)' of \(run) is no figure", advice: "Build it again.")
    }
    self.run = run
    numbers = (figure["data"]?.array ?? []).map { trace in
      let isFlat = trace["orientation"]?.string == "h"
      let values = trace["z"]?.array?.flatMap { $0.array ?? [$0] } ?? trace[isFlat ? "x" : "y"]?.array ?? []
      return values.map { $0.number ?? .nan }
    }
    var layout: [String: JSONValue] = [:]
    if case .object(let known)? = figure["layout"] { layout = known }
    Self.setTitle(run, in: &layout)
    figure["layout"] = .object(layout)
    plotlyJSON = JSONValue.object(figure).line
  }

  /// Puts the run's name before a figure's title; a figure without one gets room for it.
  private static func setTitle(_ run: String, in layout: inout [String: JSONValue]) {
    guard case .object(var title)? = layout["title"], let former = title["text"]?.string else {
      layout["title"] = .object([
        "text": .string(run), "x": .number(0.01), "xanchor": .string("left"), "font": .object(["size": .number(16)]),
      ])
      guard case .object(var margin)? = layout["margin"], let top = margin["t"]?.number, let height = layout["height"]?.number
      else { return }
      margin["t"] = .number(top + titleRoom)
      layout["margin"] = .object(margin)
      layout["height"] = .number(height + titleRoom)
      return
    }
    title["text"] = .string("\(run) | \(former)")
    layout["title"] = .object(title)
  }

  /// What a line of title takes, in pixels.
  private static let titleRoom = 32.0

  /// Itself.
  public var displayed: [Displayed] { [.recorded(self)] }
}
