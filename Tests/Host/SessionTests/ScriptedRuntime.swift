import Document
import Foundation
import Keys
import Planning
import Processes
import Record
import Session
import Store

/// A runtime without a compiler and a process: a cell's text is its script, of one statement a line.
///
/// `var x = 1 + y`, `x = 2`, `x += y`, `print(x)`, `throw Oops()`, and with objects, which variables share: `let b = Box(1)`, `b.n += 2`,
/// `print(b.n)`. `stash(b)` hands an object to a library, which `stashed += 2` changes: no name tells that. `undefined` does not compile; `trap()` traps; `die()` ends the worker; `wait()` runs until it is stopped; `eat()` takes all
/// memory. What a script reads and changes is told as the worker tells it.
final class ScriptedRuntime: Runtime {
  /// What a variable holds: a number, or the place of an object in `objects`.
  private enum Value: Equatable {
    case number(Int)
    case object(Int)
  }

  /// A session that runs cells again and again would never end.
  private struct Endless: Error {}
  private static let mostRuns = 5000

  /// A variable by its module and its name.
  private struct Variable: Hashable {
    var module: String
    var name: String

    var known: WorkerProtocol.VariableName { .init(library: "/cells/\(module).so", name: name) }
  }

  /// What the worker holds. It begins with the first cell that runs in it.
  private struct Worker {
    var variables: [Variable: Value] = [:]
    /// Reading them is seen by nobody.
    var constants: Set<Variable> = []
    var stashed: Int?
    /// The objects' numbers, and the runs that made them.
    var objects: [(n: Int, maker: Int)] = []
    var parameters: [String: Int] = [:]
    var lastRun = 0
  }

  let codeEnvironment = KeyBuilder("scripted").key
  let peakMemory = 7
  var device = ResolvedDevice.processor
  private var worker: Worker?
  private var hasVanished = false
  private var units: [CellUnit] = []
  private var ready: Set<String> = []

  /// The numbers of the cells that have begun, in order; the parameters' is 0.
  private(set) var begun: [Int] = []
  private(set) var restarts = 0
  /// Is asked before each cell that runs whether the worker ends before it can begin.
  var vanishes: (Int) -> Bool = { _ in false }

  /// The worker ends while no cell runs.
  func vanish() { hasVanished = worker != nil }

  // MARK: - Making cells ready

  func prepare(_ cells: [Int], of units: [CellUnit], dropsOthers: Bool) {
    self.units = units
    var open = Set(cells)
    while let cell = open.popFirst() {
      if ready.insert(units[cell].module).inserted { open.formUnion(units[cell].imports) }
    }
  }

  func isNew(_ unit: CellUnit) -> Bool { !ready.contains(unit.module) }

  func accepts(_ source: String) throws -> Bool { !source.contains("undefined") }

  func waitUntilReady(_ unit: CellUnit) throws -> [Diagnostic] {
    guard ready.contains(unit.module) else { throw CellWasSkipped() }
    guard !unit.source.text.contains("undefined") else {
      throw CellDoesNotCompile(diagnostics: [Diagnostic("cannot find 'undefined' in scope")])
    }
    return []
  }

  // MARK: - Running them

  func run(_ request: RunRequest, limits: RunLimits, handle: (RunEvent) throws -> Void) throws -> RunAnswer {
    if hasVanished || vanishes(request.cell) {
      restart()
      return RunAnswer(end: .didNotBegin(.killed(by: SIGKILL)))
    }
    guard begun.count < Self.mostRuns else { throw Endless() }
    begun.append(request.cell)
    var script = Script(unit: request.unit, units: units, worker: worker ?? Worker())
    if let parameters = request.parameters {
      script.worker.parameters = (try? JSONDecoder().decode([String: Int].self, from: Data(parameters.utf8))) ?? [:]
    }
    let answer = try script.run(limits, handle)
    worker = answer.end.keepsWorker ? script.worker : nil
    return answer
  }

  func release(_ modules: [String]) throws -> Bool {
    guard !hasVanished, worker != nil else {
      restart()
      return false
    }
    let held = worker?.variables.filter { !modules.contains($0.key.module) }
    worker?.variables = held ?? [:]
    return true
  }

  func restart() {
    restarts += 1
    (worker, hasVanished) = (nil, false)
  }

  var packages: BuiltPackages?
  func builtPackages(for notebook: Notebook, isCancelled: @escaping () -> Bool) -> BuiltPackages? { nil }

  func cancel() {}
  func close() {}

  func codeLocations(of frames: [WorkerProtocol.StackFrame], in cells: CellLines) -> [CodeLocation] { [] }
  func demangled(_ symbol: String) -> String? { nil }

  // MARK: - A script

  private struct Script {
    let unit: CellUnit
    let units: [CellUnit]
    var worker: Worker
    private var effects = WorkerProtocol.Effects()
    /// The variables that it has made or changed.
    private var changed: Set<Variable> = []

    init(unit: CellUnit, units: [CellUnit], worker: Worker) {
      (self.unit, self.units, self.worker) = (unit, units, worker)
      self.worker.lastRun += 1
    }

    mutating func run(_ limits: RunLimits, _ handle: (RunEvent) throws -> Void) throws -> RunAnswer {
      var (end, stop) = (RunAnswer.End.ended(.finished), StopReason?.none)
      for line in lines where stop == nil {
        switch line {
        case "throw Oops()": end = .ended(.threw(description: "Oops()", isUnavailable: false, backtrace: []))
        case "trap()": end = .ended(.trapped(signal: SIGILL, backtrace: []))
        case "die()": end = .died(.killed(by: SIGKILL), lastWords: nil)
        case "eat()": (end, stop) = (.died(.killed(by: SIGKILL), lastWords: nil), .memory)
        case "wait()":
          try handle(.text(.standardOutput, Array("waiting\n".utf8)))
          stop = limits.isInterrupted() ? .interruption : limits.deadline.map { _ in .timeout }
          if stop != nil { end = .ended(.interrupted(backtrace: [])) }
        default: try step(line, handle)
        }
        if case .ended(.finished) = end { continue }
        break
      }
      effects.variables = changed.sorted { $0.name < $1.name }.map { variable in
        if case .number(let number) = worker.variables[variable] {
          .init(variable.known, type: "Int", isPlain: true, digest: "\(number)")
        } else {
          .init(variable.known, type: "Box", isPlain: false, digest: nil)
        }
      }
      return RunAnswer(end: end, stop: stop, effects: effects, run: worker.lastRun)
    }

    /// The author's lines. What is put around the last expression of a cell is left out.
    private var lines: [String] {
      let author = unit.source.text.components(separatedBy: "#sourceLocation(file: \"cell.swift\", line: 1)\n").last ?? ""
      return author.split(separator: "\n").map { line in
        line.hasPrefix("_folioShow(") ? String(line.dropFirst("_folioShow(".count).dropLast()) : String(line)
      }
    }

    private mutating func step(_ line: String, _ handle: (RunEvent) throws -> Void) throws {
      if let match = line.wholeMatch(of: /(var|let) (\w+) = (.+)/) {
        let variable = Variable(module: unit.module, name: String(match.2))
        if match.1 == "let" { worker.constants.insert(variable) }
        set(variable, match.2 == "params" ? .number(0) : value(match.3))
      } else if let match = line.wholeMatch(of: /stash\((\w+)\)/) {
        worker.stashed = object(match.1)
      } else if let match = line.wholeMatch(of: /stashed \+= (.+)/) {
        if let place = worker.stashed { change(place, by: number(match.1)) }
      } else if let match = line.wholeMatch(of: /(\w+)\.n \+= (.+)/) {
        if let place = object(match.1) { change(place, by: number(match.2)) }
      } else if let match = line.wholeMatch(of: /(\w+) (\+?)= (.+)/) {
        let old = match.2.isEmpty ? 0 : number(match.1)
        set(variable(match.1), match.2.isEmpty ? value(match.3) : .number(old + number(match.3)))
      } else if let match = line.wholeMatch(of: /print\((.+)\)/) {
        try handle(.text(.standardOutput, Array("\(number(match.1))\n".utf8)))
      }
    }

    private func variable(_ name: Substring) -> Variable {
      let imported = unit.source.text.split(separator: "\n").compactMap { line in
        line.firstMatch(of: /import var (Cell_[0-9a-f]+)\.`(\w+)`/).flatMap { $0.2 == name ? String($0.1) : nil }
      }
      return Variable(module: imported.last ?? unit.module, name: String(name))
    }

    private mutating func set(_ variable: Variable, _ value: Value) {
      if variable.module != unit.module { access(.variable(variable.known), changes: true) }
      worker.variables[variable] = value
      changed.insert(variable)
    }

    private mutating func change(_ object: Int, by number: Int) {
      worker.objects[object].n += number
      access(.objects(run: worker.objects[object].maker), changes: true)
    }

    private mutating func access(_ place: WorkerProtocol.Access.Target, changes: Bool) {
      if place == .objects(run: worker.lastRun) { return }
      effects.accesses.append(.init(place, wasRead: true, wasChanged: changes))
    }

    private mutating func value(_ text: Substring) -> Value {
      if let match = text.wholeMatch(of: /Box\((.+)\)/) {
        worker.objects.append((number(match.1), worker.lastRun))
        return .object(worker.objects.count - 1)
      }
      if text.wholeMatch(of: /[a-z]\w*/) != nil, let place = object(text) { return .object(place) }
      return .number(number(text))
    }

    /// The object that a variable holds.
    private mutating func object(_ name: Substring) -> Int? {
      guard case .object(let place) = read(name) else { return nil }
      return place
    }

    private mutating func read(_ name: Substring) -> Value? {
      let variable = variable(name)
      if variable.module != unit.module, !worker.constants.contains(variable) {
        access(.variable(variable.known), changes: false)
      }
      return worker.variables[variable]
    }

    /// A sum of numbers, variables, parameters and objects' numbers.
    private mutating func number(_ text: Substring) -> Int {
      text.split(separator: " + ").reduce(0) { sum, term in
        if let number = Int(term) { return sum + number }
        if term.hasPrefix("params.") {
          _ = read("params")
          return sum + (worker.parameters[String(term.dropFirst("params.".count))] ?? 0)
        }
        if term.hasSuffix(".n") {
          guard let place = object(term.dropLast(2)) else { return sum }
          access(.objects(run: worker.objects[place].maker), changes: false)
          return sum + worker.objects[place].n
        }
        if case .number(let number) = read(term) { return sum + number }
        return sum
      }
    }
  }
}

extension RunAnswer.End {
  fileprivate var keepsWorker: Bool { if case .ended = self { true } else { false } }
}
