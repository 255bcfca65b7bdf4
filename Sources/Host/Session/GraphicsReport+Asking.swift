import Foundation
import Machine
import Processes
import Record

extension Installation {
  /// What the worker's program finds of graphics cards here. Where no driver is installed, it is not even started.
  /// - Parameter patience: how long a driver may take to tell.
  package func graphics(
    patience: Duration = .seconds(60), environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> GraphicsReport {
    guard GraphicsDriver.mayBeThere(environment) else {
      return GraphicsReport(
        obstacle: .init(
          "there is no NVIDIA driver (libcuda.so.1)",
          advice: "If the machine has an NVIDIA card, install its driver, or let the container see it (docker run --gpus all)."))
    }
    let end = ContinuousClock.now + patience
    var call = ChildProcess.Call(worker, [GraphicsReport.request])
    call.environment = environment
    call.isCancelled = { ContinuousClock.now >= end }
    do {
      let finished = try ChildProcess.finish(call)
      // What a library prints when it loads comes before.
      let last = finished.text.split(separator: "\n").last.map { Data($0.utf8) } ?? Data()
      if finished.status == 0, let report = try? JSONDecoder().decode(GraphicsReport.self, from: last) { return report }
      let isLate = ContinuousClock.now >= end
      let cause = isLate ? "the NVIDIA driver does not answer" : "the look for graphics cards \(Self.end(of: finished))"
      return GraphicsReport(obstacle: .init(cause, advice: "See whether 'nvidia-smi' works."))
    } catch {
      let reason = (error as? Diagnostic)?.message ?? Diagnostic.words(error)
      return GraphicsReport(obstacle: .init("the look for graphics cards failed: \(reason)"))
    }
  }

  private static func end(of program: ChildProcess.Finished) -> String {
    let words = program.errorText.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " ")
    return program.termination.text + (words.isEmpty ? "" : ": \(words)")
  }
}
