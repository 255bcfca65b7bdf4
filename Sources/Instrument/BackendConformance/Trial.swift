import Randomness
import Tensors

/// One backend in one check: makes operands, keeps what was found.
package final class Trial {
  package let backend: any Backend
  let size: ConformanceSize
  private let bounds: ErrorBounds
  private var findings: [ConformanceFinding] = []
  private var errors: [ErrorBounds.Kind: Double] = [:]
  private var comparisons = 0
  private var random = SeededGenerator(seed: 18)
  /// What was handed over to be read only, and the numbers that it had.
  private var operands: [(given: Tensor, original: Tensor)] = []
  private var placements = 0

  init(_ backend: any Backend, _ size: ConformanceSize, _ bounds: ErrorBounds) {
    (self.backend, self.size, self.bounds) = (backend, size, bounds)
  }

  var isLarge: Bool { size == .large }

  func report() -> ConformanceReport {
    do { try backend.check() } catch { find("check", "", .other("\(error)")) }
    return ConformanceReport(findings: findings, errors: errors, comparisons: comparisons)
  }

  func find(_ operation: String, _ situation: String, _ fault: ConformanceFinding.Fault) {
    findings.append(ConformanceFinding(operation: operation, situation: situation, fault: fault))
  }

  // MARK: Operands

  /// Numbers that are evenly distributed, in the computer's memory.
  func numbers(_ shape: [Int], _ scale: Float = 1) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in (Float(random.next() >> 40) * 0x1p-23 - 1) * scale }, shape: shape)
  }

  /// Numbers of very different magnitudes, from 2⁻⁴⁰ to 2⁴⁰.
  func wideNumbers(_ shape: [Int]) -> Tensor {
    numbers(shape).map { $0 * Float(sign: .plus, exponent: Int(random.next() >> 33) % 81 - 40, significand: 1) }
  }

  /// Some places among many, the first and the last of them too.
  func places(_ count: Int, of all: Int) -> [Int] {
    if all <= count { return Array(0..<all) }
    return [0, all - 1] + (2..<count).map { _ in Int(random.next() >> 16) % all }
  }

  /// The numbers on the backend, to be read only: they must stay as they are.
  func put(_ x: Tensor) -> Tensor {
    let given = placed(x)
    operands.append((given, x))
    return given
  }

  /// A result whose numbers are NaN until they are written.
  func blank(_ shape: [Int]) -> Tensor { placed(Tensor(repeating: .nan, shape: shape)) }

  /// What an operation makes.
  func made(_ shape: [Int], _ operation: (inout Tensor) -> Void) -> Tensor {
    var y = blank(shape)
    operation(&y)
    return y
  }

  /// What an operation in place makes of numbers: of a tensor that nobody else has, and of one whose other owner must not notice.
  func changed(_ name: String, _ situation: String, _ x: Tensor, _ operation: (inout Tensor) -> Void) -> Tensor {
    var own = placed(x)
    operation(&own)
    if x.count > 1 << 22 { return own }
    var shared = put(x)
    operation(&shared)
    expectBits(name, situation + ", of a shared tensor", shared, own)
    return own
  }

  /// The numbers as a part of a larger tensor that holds NaN around them. Some parts are taken before they are moved, others after.
  private func placed(_ x: Tensor) -> Tensor {
    placements += 1
    let before = [0, 3, 1, 64, 5][placements % 5]
    let part = before..<before + x.count
    var whole = Tensor(repeating: .nan, shape: [before + x.count + 7])
    x.withUnsafeElements { x in
      whole.withUnsafeMutableElements { whole in for i in x.indices { whole[before + i] = x[i] } }
    }
    if placements.isMultiple(of: 3) { return backend.upload(whole[part].reshaped(x.shape)) }
    return backend.upload(whole)[part].reshaped(x.shape)
  }

  // MARK: Comparisons

  /// Holds a result against its twin, and the operands to what they were.
  func expect(_ operation: String, _ situation: String, _ result: Tensor, _ twin: Twin, _ kind: ErrorBounds.Kind) {
    defer { expectOperands(operation, situation) }
    guard result.count == (twin.places == nil ? twin.values.count : result.count) else {
      return find(operation, situation, .other("the shape is \(result.shape)"))
    }
    let worst = twin.largestError(result)
    comparisons += twin.values.count
    errors[kind] = max(errors[kind] ?? 0, worst)
    // A NaN is never within a bound.
    if !(worst <= bounds[kind]) { find(operation, situation, .error(worst, bound: bounds[kind])) }
  }

  /// Holds a result to the bits of another.
  func expectBits(_ operation: String, _ situation: String, _ result: Tensor, _ expected: Tensor) {
    guard result.count == expected.count else {
      return find(operation, situation, .other("the shape is \(result.shape), and not \(expected.shape)"))
    }
    comparisons += result.count
    let different = result.withUnsafeElements { a in
      expected.withUnsafeElements { b in a.indices.count { a[$0].bitPattern != b[$0].bitPattern } }
    }
    if different > 0 { find(operation, situation, .bits(different, of: result.count)) }
  }

  func expect(_ operation: String, _ situation: String, _ holds: Bool, _ otherwise: String) {
    comparisons += 1
    if !holds { find(operation, situation, .other(otherwise)) }
  }

  private func expectOperands(_ operation: String, _ situation: String) {
    for (given, original) in operands { expectBits(operation, situation + ", an operand", given, original) }
    operands = []
  }
}
