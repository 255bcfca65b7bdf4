import ArgumentParser
import Building
import Text

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look whether this machine can run notebooks.",
    discussion: """
      It looks at the Swift toolchain, Folio's own parts, the system's libraries (by compiling and running a cell), the BLAS kernel and its \
      speed, free memory and disk, and the models of the hub cache. Exit status: 0 nothing is missing; 2 something is.
      """)

  func run() throws {
    let findings = MachineCheck.findings()
    let width = findings.map(\.part.count).max() ?? 0
    for finding in findings {
      let name = finding.part + String(repeating: " ", count: width - finding.part.count)
      Console.write(VisibleText.line("\(finding.isFine ? "ok " : "!! ") \(name)  \(finding.text)") + "\n")
    }
    if !findings.allSatisfy(\.isFine) { throw ExitCode(SiteBuilder.Status.couldNotRun.rawValue) }
  }
}
