import Foundation
import Processes
import TestSupport
import Testing

/// A sweep on a real Slurm of three nodes, each in a network namespace of its own, while nodes, the controller, tasks and workers are killed.
///
/// It needs root, Debian's `slurm-wlm`, `munge` and `iproute2`, and namespaces; where one of these lacks, it says so and is skipped.
@Suite struct SlurmTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Slurm"

  /// Why there can be no Slurm here; nil if there can.
  private static let whyNot: String? = {
    if geteuid() != 0 { return "only root can start a Slurm of its own" }
    for program in ["slurmctld", "slurmd", "sbatch", "munged", "ip", "nsenter", "unshare"] {
      let found = try? Command.run("bash", ["-c", "command -v \(program)"])
      if found?.status != 0 { return "there is no program '\(program)' (apt-get install slurm-wlm munge iproute2)" }
    }
    let scratch = try? TestFolder()
    let tried = try? Command.run("\(folder)/with-slurm", [scratch?.path ?? "", "1", "true"])
    return tried?.status == 0 ? nil : "it does not start here: \(tried?.errors ?? "")"
  }()

  private static let notebook = """
    ---
    title: Points
    params: {idx: 0}
    resources: {memory: 500M, cores: 1, time: 10m}
    ---
    # Points

    ```swift
    struct Step { var value: Int }
    let start = Step(value: 7)
    ```

    ```swift
    //| label: value
    usleep(500_000)
    let square = start.value + params.idx * params.idx
    square
    ```

    ```swift
    //| label: rows
    display(Table(columns: ["i", "square"], rows: (0...params.idx).map { [$0, $0 * square] }))
    LineChart(["y": (0...params.idx).map { Double($0 * square) }])
    ```

    It is `{swift} square`.

    """

  @Test(.enabled(if: whyNot == nil, Comment(rawValue: "Slurm is not tried: \(whyNot ?? "")")))
  func aSweepOnAClusterThatFailsGivesTheBytesOfALocalOne() throws {
    let (cluster, here) = (try TestFolder(), try TestFolder())
    for folder in [cluster, here] { try folder.write(Self.notebook, to: "Notebooks/n.md") }
    let points = ["-P", "idx=0..39"]
    let local = try Command.run(Command.path, ["sweep", "n"] + points, in: here)
    #expect(local.status == 0, "\(local.output)\(local.errors)")

    let state = try TestFolder()
    let scenario = ["\(Self.folder)/scenario", Command.path, "n"] + points + ["--points-per-task", "3"]
    let swept = try Command.run(
      "\(Self.folder)/with-slurm", [state.path, "3"] + scenario, in: cluster,
      environment: ["FOLIO_CACHE": "\(cluster.path)/cache"])
    #expect(swept.status == 0, "\(swept.output)\(swept.errors)")

    let (expected, site) = (TestFolder.files(below: here.path + "/Site"), TestFolder.files(below: cluster.path + "/Site"))
    let differing = Set(expected.keys).union(site.keys).filter { expected[$0] != site[$0] }.sorted()
    #expect(differing == [])
    #expect(expected.keys.contains("n/idx=39/index.html"))
  }
}
