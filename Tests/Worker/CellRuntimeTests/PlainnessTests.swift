import CellRuntime
import Foundation
import Synchronization
import Testing

/// What is plain is told by the types, and what is not understood is not plain.
@Suite struct PlainnessTests {
  private final class Object {}
  private final class Constant: ImmutableObject {}
  private struct Declared: OpaqueValue { var x = 1 }
  private struct Point { var x = 1.5, name: String? = nil, tags: Set<String> = [] }
  private struct Holder<Value> { var value: Value }
  private enum Choice {
    case number(Int)
    case object(Object)
    case none
  }
  private actor Actor {}

  /// It shows nothing of the object that it holds.
  private struct Hidden: CustomReflectable {
    var value: Any = Object()
    var customMirror: Mirror { Mirror(self, children: []) }
  }

  @Test(
    arguments: [
      Int.self, Bool.self, String.self, Substring.self, Character.self, Duration.self, ContinuousClock.Instant.self,
      [String: [Double?]].self, (Int, String).self, Range<Int>.self, Data.self, Date.self, URL.self, UUID.self, TimeZone.self,
      Decimal.self, Point.self, Holder<[Point]>.self, Constant.self, [Constant].self, StaticString.self,
    ] as [Any.Type])
  func valuesArePlain(type: Any.Type) {
    #expect(Plainness(of: type) == .plain)
  }

  @Test(
    arguments: [
      Object.self, Actor.self, [Object].self, [String: Object].self, Holder<Object>.self, Object?.self, (Int, Object).self,
      UnsafePointer<Int>.self, UnsafeMutableRawPointer.self, NSMutableArray.self, Unmanaged<Object>.self, ObjectIdentifier.self,
    ] as [Any.Type])
  func objectsAndPointersAreNotUnderstood(type: Any.Type) {
    guard case .unknown = Plainness(of: type) else {
      Issue.record("\(type) is \(Plainness(of: type))")
      return
    }
  }

  @Test func functionsAndWhatDeclaresItselfAreOpaque() {
    #expect(Plainness(of: (() -> Void).self) == .opaque)
    #expect(Plainness(of: Holder<(Int) -> Int>.self) == .opaque)
    #expect(Plainness(of: Declared.self) == .opaque)
    #expect(Plainness(of: Holder<[Declared]>.self) == .opaque)
  }

  @Test func whereTheTypeDoesNotTellTheValueDoes() {
    #expect(Plainness(of: Choice.self) == .dependsOnValue)
    #expect(Plainness.isPlain(Choice.number(1)))
    #expect(Plainness.isPlain(Choice.none))
    #expect(!Plainness.isPlain(Choice.object(Object())))
    #expect(Plainness.isPlain([1, "a", [2.5]] as [Any]))
    #expect(!Plainness.isPlain([1, Object()] as [Any]))
    #expect(!Plainness.isPlain([1: { 2 }] as [Int: Any]))
  }

  /// A notification is a structure of Foundation's that carries any object.
  @Test func aStructureThatCarriesAnObjectIsNotPlain() {
    #expect(!Plainness.isPlain(Notification(name: .init("n"), object: Object())))
  }

  @Test func aMirrorOfTheAuthorsOwnHidesNothing() {
    #expect(!Plainness.isPlain(Hidden()))
    #expect(!Plainness.isPlain(Holder<Any>(value: Hidden())))
  }
}
