import FolioKit
import Record
import Testing

@Suite struct DisplayTests {
  @Test func valuesAreShownAsPrintWritesThem() {
    let shown = outputs {
      display(1)
      display("text")
      display([1, 2])
      display(Optional<Int>.none as Any)
      display(Optional(3) as Any)
      _folioShow(())
      _folioShow("last")
    }
    #expect(shown == ["1", "text", "[1, 2]", "nil", "3", "last"].map(Output.value))
  }

  @Test func tablesAndFiguresAreShownAsSuch() throws {
    let heatmap = Heatmap(Tensor([1, -2], shape: [1, 2]), title: "H")
    let shown = outputs {
      display(Table(columns: ["head", "score"], rows: [["L0H1", 0.25], ["L1H0", -1.0]]))
      display(heatmap)
      display(LineChart(["loss": [3.0, 1]]))
      display(Optional(Figure(heatmap)) as Any)
    }
    #expect(
      shown.first
        == .table(
          Table(columns: [.init("head"), .init("score", isNumeric: true)], rows: [["L0H1", "0.250"], ["L1H0", "-1.000"]])))
    #expect(
      shown.dropFirst() == [
        .figure(FigureOutput(plotly: Figure(heatmap).plotlyJSON)),
        .figure(FigureOutput(plotly: Figure(LineChart(["loss": [3.0, 1]])).plotlyJSON)),
        .figure(FigureOutput(plotly: Figure(heatmap).plotlyJSON)),
      ])
  }

  @Test func aTableOfUnevenRowsLosesNothing() {
    let table = Table(columns: ["a"], rows: [[1, 2], []])
    #expect(table.columns.map(\.title) == ["a", ""])
    #expect(table.rows == [["1", "2"], ["", ""]])
  }

  @Test func aSmallNumberIsNotShownAsZero() {
    let table = Table(columns: ["x"], rows: [[0.0], [-3.2e-6], [Float(0.0006)], [1e-9], [Double.nan]])
    #expect(table.rows.map(\.[0]) == ["0.000", "-3.2e-06", "0.001", "1.0e-09", "nan"])
  }

  @Test func aTableOfItemsHasARowEach() {
    let table = Table([(1, "x"), (2, "y")], ["number": { $0.0 }, "name": { $0.1 }])
    #expect(table.rows == [["1", "x"], ["2", "y"]])
    #expect(table.columns.map(\.isNumeric) == [true, false])
  }

  @Test func progressIsOneLineInTheRecord() {
    let shown = outputs {
      for _ in progress([1, 2, 3], "Whole") {}
      for x in progress(Array(0..<5), "Left early") where x == 2 { break }
      for _ in progress([Int](), "Empty") {}
    }
    #expect(
      shown == [
        .progress(.init(title: "Whole", completed: 3, total: 3)), .progress(.init(title: "Left early", completed: 2, total: 5)),
        .progress(.init(title: "Empty", completed: 0, total: 0)),
      ])
  }

  @Test func aVectorIsDrawnAsOneColumn() {
    #expect(Heatmap(Tensor([1, 2, 3])).values.rows == 3)
    #expect(Heatmap(Tensor(repeating: 1, shape: [2, 3, 4])).values.columns == 12)
  }
}
