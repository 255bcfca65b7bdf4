import Machine
import Record
import Testing

/// What the host tells the worker by environment variables is what the worker reads.
@Suite struct WorkerProtocolEnvironmentTests {
  @Test(arguments: [
    WorkerProtocol.Environment(
      untrackedFolders: ["/tmp/a", "/tmp/b:c \"d\"\né"], store: "/s", build: "b1", device: .cuda(1), memoryLimit: 5),
    WorkerProtocol.Environment(untrackedFolders: [], store: nil, build: "", device: .cpu, memoryLimit: nil),
  ])
  func whatIsAddedIsFound(environment: WorkerProtocol.Environment) {
    #expect(WorkerProtocol.Environment(environment.added(to: [:])) == environment)
  }

  private static let whole = WorkerProtocol.Environment(
    untrackedFolders: ["/a"], store: "/s", build: "b", device: .cpu, memoryLimit: 5)

  @Test func whatTheHostWasStartedWithIsReplaced() {
    let others = ["FOLIO_CACHE": "/old", "FOLIO_MEMORY_LIMIT": "7", "FOLIO_DEVICE": "auto", "HOME": "/h"]
    let added = WorkerProtocol.Environment(untrackedFolders: [], store: nil, build: "b", device: .cpu, memoryLimit: nil)
      .added(to: others)
    #expect(added["FOLIO_DEVICE"] == "cpu")
    #expect(added["FOLIO_CACHE"] == "")
    #expect(added["FOLIO_MEMORY_LIMIT"] == nil)
    #expect(added["HOME"] == "/h")
  }

  @Test(arguments: ["FOLIO_UNTRACKED", "FOLIO_BUILD", "FOLIO_CACHE", "FOLIO_DEVICE"])
  func whatIsNotAllThereIsNoEnvironment(variable: String) {
    var variables = Self.whole.added(to: [:])
    variables[variable] = nil
    #expect(WorkerProtocol.Environment(variables) == nil)
  }

  @Test(arguments: ["FOLIO_UNTRACKED", "FOLIO_MEMORY_LIMIT", "FOLIO_DEVICE"])
  func whatCannotBeReadIsNoEnvironment(variable: String) {
    var variables = Self.whole.added(to: [:])
    variables[variable] = "/a:/b"
    #expect(WorkerProtocol.Environment(variables) == nil)
  }

  @Test func aDeviceThatIsStillToBeChosenIsNoEnvironment() {
    var variables = Self.whole.added(to: [:])
    variables["FOLIO_DEVICE"] = "auto"
    #expect(WorkerProtocol.Environment(variables) == nil)
  }

  @Test func eachVariableHasANameOfItsOwn() {
    let names = WorkerProtocol.Environment.Variable.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.hasPrefix("FOLIO_") })
  }
}
