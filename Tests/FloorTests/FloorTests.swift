import Foundation
import TestSupport
import Testing

/// The folders of `Sources` are floors, and a module imports nothing from a floor above its own.
@Suite struct FloorTests {
  /// From the ground up; a floor may use those that are listed.
  private static let below: [String: Set<String>] = [
    "C": ["C"], "Ground": ["C", "Ground"], "Instrument": ["C", "Ground", "Instrument"],
    "Host": ["C", "Ground", "Instrument", "Host"], "Worker": ["C", "Ground", "Instrument", "Worker"],
  ]

  private static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(Repository.top)/Sources/\(folder)").sorted()
  }

  /// By module, its floor.
  private static func floors() throws -> [String: String] {
    var floors: [String: String] = [:]
    for floor in try names(in: "") {
      for module in try names(in: floor) { floors[module] = floor }
    }
    return floors
  }

  /// The modules of ours that a module imports, in any of its files.
  private static func imports(_ module: String, _ floor: String) throws -> Set<String> {
    let folder = "\(Repository.top)/Sources/\(floor)/\(module)"
    let files = (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".swift") }
    let texts = try files.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
    let line =
      /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|func|var|let|protocol|typealias)\s+)?(\w+)/
      .anchorsMatchLineEndings()
    return Set(texts.flatMap { $0.matches(of: line).map { String($0.1) } })
  }

  @Test func everyFloorIsKnown() throws {
    #expect(try Set(Self.floors().values) == Set(Self.below.keys))
  }

  @Test func aModuleImportsNothingFromAbove() throws {
    let floors = try Self.floors()
    for (module, floor) in floors {
      let allowed = Self.below[floor] ?? []
      for other in try Self.imports(module, floor) {
        guard let otherFloor = floors[other] else { continue }
        #expect(allowed.contains(otherFloor), "\(floor)/\(module) imports \(otherFloor)/\(other)")
      }
    }
  }

  /// The host sees of the instrument only the figures that pages show.
  @Test func theHostKnowsNothingOfModels() throws {
    let floors = try Self.floors()
    for (module, floor) in floors where floor == "Host" && module != "folio-bench" {
      let instrument = try Self.imports(module, floor).filter { floors[$0] == "Instrument" }
      #expect(instrument.isSubset(of: ["Figures"]), "\(module) imports \(instrument)")
    }
  }
}
