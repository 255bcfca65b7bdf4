import CellRuntime
import Foundation
import Testing

/// Two values have one digest if they are the same, bit for bit and in the same order.
@Suite struct ValueDigestTests {
  private enum Choice {
    case one
    case two(Int)
    case three(Int)
  }
  private struct Pair { var a = 1, b = "x" }
  private struct Other { var a = 1, b = "x" }
  private final class Object {}

  /// The bytes that a digest is made of.
  private func bytes(of value: Any) -> [UInt8]? {
    nonisolated(unsafe) var bytes: [UInt8] = []
    var services = CellServices()
    services.digest = { feed in feed { bytes += $0 } ? "" : nil }
    return CellServices.$substitute.withValue(services) { ValueDigest.digest(of: value) }.map { _ in bytes }
  }

  @Test(
    arguments: [
      1, 1.5, true, "text", [1, 2], [1.5], ["a": 1], (1, "a"), Optional(3) as any Sendable, Data([1, 2]),
      Date(timeIntervalSince1970: 3),
      Pair(), Choice.two(3), Choice.one, 1..<3, Duration.seconds(3), [Pair(), Pair()], Set([1]), Decimal(3), Character("é"),
    ] as [any Sendable])
  func equalValuesHaveEqualDigests(value: any Sendable) {
    #expect(bytes(of: value) != nil)
    #expect(bytes(of: value) == bytes(of: value))
  }

  @Test(
    arguments: [
      (1, 2), (1, 1.0), (1, Int32(1)), (0.0, -0.0), ("a", "b"), ([1, 2], [2, 1]), (["a", "b"], ["ab"]),
      ([[1], [2]], [[1, 2], []]),
      (Int?.none as any Sendable, Int?.some(0) as any Sendable), (Choice.two(3), Choice.three(3)), (Choice.one, Choice.two(1)),
      (Pair(), Pair(b: "y")),
      (Pair(), Other()), ([1, 2, 3][1...], [0, 2, 3][1...].dropFirst()), (Data([1]), Data([1, 0])), ("a", Substring("a")),
      (Date(timeIntervalSince1970: 3), Date(timeIntervalSince1970: 4)),
    ] as [(any Sendable, any Sendable)])
  func differentValuesHaveDifferentDigests(one: any Sendable, other: any Sendable) {
    #expect(bytes(of: one) != bytes(of: other))
  }

  @Test func whatHasAnIdentityHasNone() {
    #expect(bytes(of: Object()) == nil)
    #expect(bytes(of: [1, Object()] as [Any]) == nil)
    #expect(bytes(of: { 1 }) == nil)
  }

  @Test func whatIsTooLargeHasNone() {
    #expect(bytes(of: [UInt8](repeating: 0, count: 257 << 20)) == nil)
  }

  @Test func outsideAWorkerThereIsNone() {
    #expect(ValueDigest.digest(of: 1) == nil)
  }
}
