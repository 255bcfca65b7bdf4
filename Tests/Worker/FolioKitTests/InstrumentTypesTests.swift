import CellRuntime
import FolioKit
import Testing

/// Each public type of the instrument is a plain value or is none, and a cell that uses it is reused accordingly. What the types are is found
/// in the sources, so that a new one cannot be forgotten.
@Suite struct InstrumentTypesTests {
  private let types: [(declared: DeclaredType, type: Any.Type)]

  init() throws {
    types = try DeclaredType.all.get().map { declared in
      (declared, try #require(declared.type, "\(declared) is generic, or not linked"))
    }
  }

  @Test func allOfThemAreFound() {
    let names = types.map(\.declared.description)
    #expect(names.count > 50)
    #expect(names.contains { $0.hasSuffix(".Figure.Axis") })
    #expect(names.contains { $0.hasSuffix(".Tensor") })
    for (declared, type) in types {
      #expect(String(reflecting: type) == declared.description)
    }
  }

  @Test func eachDeclaresWhatItIsOrIsWalked() {
    for (declared, type) in types {
      if case .unknown(let part) = Plainness(of: type) {
        Issue.record(
          """
          Nothing is known of \(part), so that no value of \(declared) is plain, and a cell that uses one is never reused: \
          declare what it is in FolioKit/Instrument.swift.
          """)
      }
    }
  }

  /// An object that never changes counts as another one whenever its cell has run.
  @Test func equalValuesHaveEqualDigestsAndOthersHaveNot() throws {
    var compared = 0
    for (declared, type) in types where !(type is any ImmutableObject.Type) && Plainness(of: type) != .opaque {
      guard let value = MadeValue.make(type, 3), let same = MadeValue.make(type, 3), let other = MadeValue.make(type, 4) else {
        #expect(Plainness(of: type) != .plain || holdsObject(type), "no value of \(declared) could be made")
        continue
      }
      guard Plainness.isPlain(value) else { continue }
      let bytes = bytes(of: value)
      #expect(bytes != nil, "\(declared) is plain, and has no digest")
      #expect(bytes == self.bytes(of: same), "\(declared)")
      // Of an enumeration whose other cases hold objects, only one value can be made.
      #expect(bytes != self.bytes(of: other) || holdsObject(type), "\(declared)")
      compared += 1
    }
    #expect(compared > 40)
  }

  /// The bytes that a value's digest is made of.
  private func bytes(of value: Any) -> [UInt8]? {
    nonisolated(unsafe) var bytes: [UInt8] = []
    var services = CellServices()
    services.digest = { feed in feed { bytes += $0 } ? "" : nil }
    return CellServices.$substitute.withValue(services) { ValueDigest.digest(of: value) }.map { _ in bytes }
  }

  private func holdsObject(_ type: Any.Type) -> Bool {
    type is any ImmutableObject.Type
      || (MadeValue.parts(of: type) + MadeValue.payloads(of: type)).contains(where: holdsObject)
  }
}
