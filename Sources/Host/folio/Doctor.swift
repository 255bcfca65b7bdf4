import ArgumentParser
import Building
import Text

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look whether this machine can run notebooks.",
    discussion: """
      It looks at the Swift toolchain, Folio's own parts, the system's libraries (by compiling and running a cell), the BLAS kernel and its \
      speed, the graphics cards with their driver and its compiler of kernels (NVRTC), free memory and disk, and the models of the hub cache. \
      Without a graphics card, cells run on the processor: '--' says what one would need. Exit status: 0 nothing is missing; 2 something is.
      """)

  func run() throws {
    let findings = MachineCheck.findings()
    let width = findings.map(\.part.count).max() ?? 0
    for finding in findings {
      let name = finding.part + String(repeating: " ", count: width - finding.part.count)
      Console.write(VisibleText.line("\(sign(of: finding.state))  \(name)  \(finding.text)") + "\n")
    }
    if findings.contains(where: { $0.state == .missing }) { throw ExitCode(SiteBuilder.Status.couldNotRun.rawValue) }
  }

  private func sign(of state: MachineCheck.Finding.State) -> String {
    switch state {
    case .fine: "ok"
    case .absent: "--"
    case .missing: "!!"
    }
  }
}
