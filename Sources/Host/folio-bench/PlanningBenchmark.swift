import ArgumentParser
import Document
import Foundation
import Keys
import Planning
import Store

/// Notebooks of many cells: what is found out of their text before the first of them runs.
enum PlanningBenchmark {
  /// A notebook by what its cells have to do with each other: the first cell, and one for each number after it.
  struct Shape: Sendable {
    var name: String
    var first: String
    var next: @Sendable (Int) -> String
  }

  static let shapes = [
    Shape(name: "each on the last", first: "let x0 = 1") { "let x\($0) = x\($0 - 1) + 1" },
    Shape(name: "functions, each calling the last", first: "func f0() -> Int { 1 }") { "func f\($0)() -> Int { f\($0 - 1)() }" },
    Shape(name: "all on the first", first: "let x = 1") { "let x\($0) = x + \($0)" },
    Shape(name: "all changing one array", first: "var xs = [0]") { "xs.append(\($0))" },
    Shape(name: "all using one object", first: "final class Box { var n = 0 }\nlet box = Box()") { "box.n += \($0)" },
    Shape(name: "all defining one name", first: "let x = 0") { "let x = \($0)" },
    Shape(name: "extensions", first: "let x = 0") { "extension Int { var p\($0): Int { \($0) } }" },
    Shape(name: "operators", first: "let x = 0") { "struct S\($0) { static func + (a: S\($0), b: S\($0)) -> S\($0) { a } }" },
    Shape(name: "static members", first: "enum K0 { static var t = 0 }") { "enum K\($0) { static var t = K\($0 - 1).t }" },
  ]

  static func run() throws {
    for shape in shapes {
      let few = try time(shape, cells: 500)
      let many = try time(shape, cells: 2000)
      report(
        "planning of 2000 cells (\(shape.name))", text(many),
        judged(many, limit: 1) + String(format: ", %.1f times that of 500", many / few))
    }
    let cell = "let x0 = 1\n" + (1..<2000).map { "let x\($0) = x\($0 - 1) + 1" }.joined(separator: "\n")
    let one = try time([cell])
    report("planning of one cell of 2000 declarations", text(one), judged(one, limit: 1))
  }

  private static func time(_ shape: Shape, cells count: Int) throws -> Double {
    try time([shape.first] + (1..<count).map(shape.next))
  }

  /// Of the graph, the sources, and the plan to run the last cell after all whose values it needs.
  private static func time(_ cells: [String]) throws -> Double {
    let notebook = try Notebook(markdown: cells.map { "```swift\n\($0)\n```" }.joined(separator: "\n\n"), file: "n.md")
    return seconds {
      let graph = NotebookGraph(notebook)
      let units = CellUnit.all(graph, file: "n.md", environment: KeyBuilder("benchmark").key)
      var timeline = Timeline()
      for number in graph.nodes.indices {
        let used = number == graph.nodes.count - 1 ? graph.possibleUses(of: number) { _ in true } : [:]
        timeline.set(
          number, Trace(writes: Dictionary(uniqueKeysWithValues: used.map { (.variable($0.key), .spoiled(number)) })))
      }
      let plan = RunPlan(graph: graph, modules: units.map(\.module), timeline: timeline) { _ in [] }
      _ = plan.cells(for: graph.nodes.count - 1, live: LiveState())
      _ = graph.olderDefinitions
    }
  }
}
