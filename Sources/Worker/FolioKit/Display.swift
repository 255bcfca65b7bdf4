import CellRuntime
import Record

/// A value that says how it is shown in a notebook.
///
/// ```swift
/// extension Survey: Displayable {
///   var displayed: [Displayed] { [.text("\(answers.count) answers"), .table(table)] }
/// }
/// ```
public protocol Displayable {
  /// What stands on the page in its place, in order.
  var displayed: [Displayed] { get }
}

/// What a notebook can show.
public enum Displayed {
  /// A text, set as code.
  case text(String)
  /// A table.
  case table(Record.Table)
  /// A figure, static and for readers with JavaScript.
  case figure(Figure)
  /// A figure that another run has put out.
  case recorded(RunFigure)
  /// A text whose tokens are coloured.
  case tokens(Record.ColoredTokens)
  /// A picture.
  case picture(Picture)
  /// A text in Markdown.
  case markdown(Markdown)
  /// HTML that its author vouches for.
  case html(HTML)

  /// What goes to the host.
  fileprivate var output: Output {
    switch self {
    case .text(let text): .value(text)
    case .table(let table): .table(table)
    case .figure(let figure): .figure(FigureOutput(plotly: figure.plotlyJSON))
    case .recorded(let figure): .figure(FigureOutput(plotly: figure.plotlyJSON))
    case .tokens(let tokens): .tokens(tokens)
    case .picture(let picture): Self.output(picture)
    case .markdown(let markdown): Self.output(markdown)
    case .html(let html): Self.output(html)
    }
  }
}

/// Shows a value at this point of the notebook: a figure as a figure, a table as a table, a `Displayable` as it says, and anything
/// else as `print` would write it.
public func display(_ value: Any) {
  switch value {
  case let value as any Displayable: for part in value.displayed { CellServices.current.show(part.output) }
  default: CellServices.current.show(.value(String(describing: value)))
  }
}

extension Optional: Displayable {
  /// What it holds, or `nil`.
  public var displayed: [Displayed] {
    switch self {
    case .some(let value as any Displayable): value.displayed
    case .some(let value): [.text(String(describing: value))]
    case .none: [.text("nil")]
    }
  }
}

extension Array: Displayable where Element: Displayable {
  /// One after the other.
  public var displayed: [Displayed] { flatMap(\.displayed) }
}

extension Figure: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.figure(self)] }
}

extension Heatmap: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.figure(Figure(self))] }
}

extension LineChart: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.figure(Figure(self))] }
}

extension BoxPlot: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.figure(Figure(self))] }
}

extension Histogram: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.figure(Figure(self))] }
}

extension BarChart: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.figure(Figure(self))] }
}

extension ScatterChart: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.figure(Figure(self))] }
}

extension Record.ColoredTokens: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.tokens(self)] }
}

extension Record.Table: Displayable {
  /// Itself.
  public var displayed: [Displayed] { [.table(self)] }
}

// MARK: - A cell's last expression

/// Shows the value of a cell's last expression; the host writes this call around it.
public func _folioShow<T>(_ value: T) {
  display(value)
}

/// A last expression without a value shows nothing.
public func _folioShow(_ value: Void) {}
