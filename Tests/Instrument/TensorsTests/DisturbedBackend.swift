import Machine
import Tensors

/// The processor with one operation that is wrong: the conformance suite must find it.
final class DisturbedBackend: Backend {
  enum Fault: CaseIterable {
    /// The last number is off by a little.
    case error
    /// Where the number of rows is odd, the last number is the next one: no bound is exceeded, but the row depends on how many there are.
    case bits
  }

  /// All of those that make numbers.
  static let operations = [
    "upload", "upload weight", "fill", "copy", "gather", "addRows", "combine", "combine number", "add", "softCap",
    "softCapGradient",
    "activate", "activationGradient", "activationGradient up", "normalize", "normalize scale", "divideRows", "scaleColumns",
    "centerRows",
    "addToRows", "rotate", "scaleGradient", "normGradient", "softmax", "softmax whole", "softmaxGradient", "setUnseen", "reduce",
    "sum", "argmax", "logSumExp", "isFinite", "multiply", "multiply tensors", "attend", "attend squares", "attendDecoding",
    "attentionGradient query",
    "attentionGradient key", "attentionGradient value", "attentionGradient squares", "scores", "gather pattern",
    "patternGradient",
    "addValueGradient", "addScoreGradient query", "addScoreGradient key",
  ]
  /// Of those, the ones whose rows others must not change.
  static let rowOperations = [
    "combine", "add", "softCap", "softCapGradient", "activate", "activationGradient", "activationGradient up", "normalize",
    "normalize scale", "divideRows", "scaleColumns", "centerRows", "addToRows", "rotate", "scaleGradient", "normGradient",
    "softmax",
    "softmax whole", "softmaxGradient", "reduce", "multiply", "attend", "attendDecoding", "attentionGradient query",
    "attentionGradient key", "attentionGradient value",
  ]

  private let cpu = CPUBackend.shared
  private let operation: String
  private let fault: Fault

  init(_ operation: String, _ fault: Fault) { (self.operation, self.fault) = (operation, fault) }

  private func disturb(_ name: String, _ y: inout Tensor, rows: Int? = nil) {
    guard name == operation, y.count > 0, fault == .error || (rows ?? y.shape.first ?? 1) % 2 == 1 else { return }
    let (last, fault) = (y.count - 1, fault)
    y.withUnsafeMutableElements { y in y[last] = fault == .error ? y[last] * 1.001 + 0.001 : y[last].nextUp }
  }

  private func disturbed(_ name: String, _ y: Tensor) -> Tensor {
    var y = y
    disturb(name, &y)
    return y
  }

  private func disturbed(_ name: String, _ squares: [AttentionSquares]) -> [AttentionSquares] {
    squares.map { AttentionSquares(scores: $0.scores, pattern: $0.pattern.map { disturbed(name, $0) }) }
  }

  var device: Device { cpu.device }
  var rowsAtOnce: Int { cpu.rowsAtOnce }
  var availableBytes: Int { cpu.availableBytes }
  var isRowInvariant: Bool { cpu.isRowInvariant }
  var bounds: ErrorBounds { cpu.bounds }
  func check() {}

  func allocate(_ shape: [Int]) -> Tensor { cpu.allocate(shape) }
  func upload(_ tensor: Tensor) -> Tensor { disturbed("upload", cpu.upload(tensor)) }
  func upload(_ weight: WeightMatrix) -> WeightMatrix {
    guard operation == "upload weight" else { return cpu.upload(weight) }
    return WeightMatrix(disturbed("upload weight", weight.tensor))
  }
  func fill(_ y: inout Tensor, with value: Float) {
    cpu.fill(&y, with: value)
    disturb("fill", &y)
  }
  func copy(_ x: Tensor, into y: inout Tensor, _ places: CopyPlaces) {
    cpu.copy(x, into: &y, places)
    disturb("copy", &y)
  }
  func gather(_ weight: WeightMatrix, _ indices: [Int], into y: inout Tensor) {
    cpu.gather(weight, indices, into: &y)
    disturb("gather", &y)
  }
  func addRows(_ x: Tensor, at indices: [Int], factor: Float, to y: inout Tensor) {
    cpu.addRows(x, at: indices, factor: factor, to: &y)
    disturb("addRows", &y)
  }

  func combine(_ operation: Arithmetic, _ left: Tensor, _ right: Tensor, into y: inout Tensor) {
    cpu.combine(operation, left, right, into: &y)
    disturb("combine", &y)
  }
  func combine(_ operation: Arithmetic, _ left: Tensor, _ right: Float, reversed: Bool, into y: inout Tensor) {
    cpu.combine(operation, left, right, reversed: reversed, into: &y)
    disturb("combine number", &y)
  }
  func add(_ x: Tensor, times factor: Float, to y: inout Tensor) {
    cpu.add(x, times: factor, to: &y)
    disturb("add", &y)
  }
  func softCap(_ y: inout Tensor, at cap: Float) {
    cpu.softCap(&y, at: cap)
    disturb("softCap", &y)
  }
  func softCapGradient(_ gradient: inout Tensor, at cap: Float, capped: Tensor) {
    cpu.softCapGradient(&gradient, at: cap, capped: capped)
    disturb("softCapGradient", &gradient)
  }
  func activate(_ function: Activation, _ x: Tensor, gating up: Tensor?, into y: inout Tensor) {
    cpu.activate(function, x, gating: up, into: &y)
    disturb("activate", &y)
  }
  func activationGradient(
    _ function: Activation, _ x: Tensor, gating up: Tensor?, _ gradient: Tensor, into dx: inout Tensor, _ dup: inout Tensor?
  ) {
    cpu.activationGradient(function, x, gating: up, gradient, into: &dx, &dup)
    disturb("activationGradient", &dx)
    dup = dup.map { disturbed("activationGradient up", $0) }
  }

  func normalize(_ x: Tensor, epsilon: Float, into y: inout Tensor, scale: inout Tensor) {
    cpu.normalize(x, epsilon: epsilon, into: &y, scale: &scale)
    disturb("normalize", &y)
    disturb("normalize scale", &scale)
  }
  func divideRows(_ x: Tensor, by scale: Tensor, into y: inout Tensor) {
    cpu.divideRows(x, by: scale, into: &y)
    disturb("divideRows", &y)
  }
  func scaleColumns(_ x: Tensor, by factors: Tensor, into y: inout Tensor) {
    cpu.scaleColumns(x, by: factors, into: &y)
    disturb("scaleColumns", &y)
  }
  func centerRows(_ x: Tensor, into y: inout Tensor) {
    cpu.centerRows(x, into: &y)
    disturb("centerRows", &y)
  }
  func addToRows(_ bias: Tensor, to y: inout Tensor) {
    cpu.addToRows(bias, to: &y)
    disturb("addToRows", &y)
  }
  func rotate(_ x: Tensor, cosine: Tensor, sine: Tensor, into y: inout Tensor) {
    cpu.rotate(x, cosine: cosine, sine: sine, into: &y)
    disturb("rotate", &y)
  }
  func scaleGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, into y: inout Tensor) {
    cpu.scaleGradient(gradient, x: x, scale: scale, into: &y)
    disturb("scaleGradient", &y)
  }
  func normGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, scaleGradient: Tensor, into y: inout Tensor) {
    cpu.normGradient(gradient, x: x, scale: scale, scaleGradient: scaleGradient, into: &y)
    disturb("normGradient", &y)
  }
  func softmax(_ y: inout Tensor, seeing columns: VisibleColumns) {
    cpu.softmax(&y, seeing: columns)
    disturb("softmax", &y)
  }
  func softmax(_ y: inout Tensor) {
    cpu.softmax(&y)
    disturb("softmax whole", &y)
  }
  func softmaxGradient(_ gradient: inout Tensor, pattern: Tensor) {
    cpu.softmaxGradient(&gradient, pattern: pattern)
    disturb("softmaxGradient", &gradient)
  }
  func setUnseen(_ y: inout Tensor, to value: Float, seeing columns: VisibleColumns, where pattern: Tensor?) {
    cpu.setUnseen(&y, to: value, seeing: columns, where: pattern)
    disturb("setUnseen", &y)
  }

  func reduce(_ reduction: Reduction, _ x: Tensor, axis: Int, into y: inout Tensor) {
    cpu.reduce(reduction, x, axis: axis, into: &y)
    disturb("reduce", &y)
  }
  func sum(_ x: Tensor) -> Double { cpu.sum(x) * (operation == "sum" ? 1 + 1e-9 : 1) }
  func argmax(_ x: Tensor) -> Int { operation == "argmax" && x.count > 1 ? cpu.argmax(x[1...]) + 1 : cpu.argmax(x) }
  func logSumExp(_ x: Tensor) -> [Double] { cpu.logSumExp(x).map { operation == "logSumExp" ? $0 * (1 + 1e-9) : $0 } }
  func isFinite(_ x: Tensor) -> Bool { operation == "isFinite" && x.count > 1 ? cpu.isFinite(x[1...]) : cpu.isFinite(x) }

  func multiply(_ x: Tensor, _ weight: WeightMatrix, _ kind: WeightProduct, adding: Bool, into y: inout Tensor) {
    cpu.multiply(x, weight, kind, adding: adding, into: &y)
    disturb("multiply", &y)
  }
  func multiply(_ x: Tensor, _ right: Tensor, transposingRight: Bool, into y: inout Tensor) {
    cpu.multiply(x, right, transposingRight: transposingRight, into: &y)
    disturb("multiply tensors", &y)
  }

  func attend(_ call: AttentionCall, into z: inout Tensor) -> [AttentionSquares] {
    let squares = cpu.attend(call, into: &z)
    disturbRows("attend", &z, call)
    return disturbed("attend squares", squares)
  }
  func attendDecoding(_ call: AttentionCall, into z: inout Tensor) {
    cpu.attendDecoding(call, into: &z)
    disturbRows("attendDecoding", &z, call)
  }
  func attentionGradient(_ call: AttentionCall, z: Tensor, into gradients: inout AttentionGradients) -> [AttentionSquares] {
    let squares = cpu.attentionGradient(call, z: z, into: &gradients)
    disturbRows("attentionGradient query", &gradients.query, call)
    disturb("attentionGradient key", &gradients.key, rows: gradients.key.shape[1])
    disturb("attentionGradient value", &gradients.value, rows: gradients.value.shape[1])
    return disturbed("attentionGradient squares", squares)
  }
  func scores(_ call: AttentionCall, _ part: AttentionPart) -> Tensor { disturbed("scores", cpu.scores(call, part)) }
  func gather(_ pattern: Tensor, _ call: AttentionCall, _ part: AttentionPart, into z: inout Tensor) {
    cpu.gather(pattern, call, part, into: &z)
    var all = call
    all.parts = [part]
    disturbRows("gather pattern", &z, all)
  }
  func patternGradient(_ z: Tensor, _ call: AttentionCall, _ part: AttentionPart) -> Tensor {
    disturbed("patternGradient", cpu.patternGradient(z, call, part))
  }
  func addValueGradient(
    _ pattern: Tensor, _ z: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients
  ) {
    cpu.addValueGradient(pattern, z, call, part, to: &gradients)
    disturb("addValueGradient", &gradients.value)
  }
  func addScoreGradient(_ scores: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients) {
    cpu.addScoreGradient(scores, call, part, to: &gradients)
    var all = call
    all.parts = [part]
    disturbRows("addScoreGradient query", &gradients.query, all)
    disturb("addScoreGradient key", &gradients.key)
  }

  /// Disturbs the last row of the last text.
  private func disturbRows(_ name: String, _ y: inout Tensor, _ call: AttentionCall) {
    guard let part = call.parts.last else { return }
    let row = part.firstRow + part.positions.count - 1
    let rows = call.parts.reduce(0) { $0 + $1.positions.count }
    var last = y[row..<row + 1].compacted()
    disturb(name, &last, rows: rows)
    if name == operation { y.replaceRows(from: row, with: last) }
  }
}
