import Foundation
import Machine
import Processes
import Record

extension GraphicsReport {
  /// What of this machine's cards the choice of a device needs to know. Where no driver is installed, `auto` need not ask.
  package static func ofThisMachine(for device: Device) throws -> GraphicsReport {
    if device == .auto, !GraphicsDriver.mayBeThere() { return GraphicsReport() }
    return try Installation.find().graphics(withMemory: device == .auto)
  }
}

extension Installation {
  /// What the worker's program finds of graphics cards here.
  /// - Parameters:
  ///   - withMemory: whether each card is asked how much memory can be had.
  ///   - patience: how long the driver may take to tell.
  package func graphics(
    withMemory: Bool, patience: Duration = .seconds(60), environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> GraphicsReport {
    let end = ContinuousClock.now + patience
    var call = ChildProcess.Call(worker, GraphicsReport.request(withMemory: withMemory))
    call.environment = environment
    call.isCancelled = { ContinuousClock.now >= end }
    do {
      let finished = try ChildProcess.finish(call)
      // What a library prints when it loads comes before.
      let last = finished.text.split(separator: "\n").last.map { Data($0.utf8) } ?? Data()
      if finished.status == 0, let report = try? JSONDecoder().decode(GraphicsReport.self, from: last) { return report }
      let isLate = ContinuousClock.now >= end
      let cause = isLate ? "The NVIDIA driver does not answer" : "The look for graphics cards \(Self.end(of: finished))"
      return GraphicsReport(obstacle: cause + ". See whether “nvidia-smi” works.")
    } catch {
      return GraphicsReport(obstacle: "There was no look for graphics cards: " + Diagnostic.words(error))
    }
  }

  private static func end(of program: ChildProcess.Finished) -> String {
    let words = program.errorText.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " ")
    return program.termination.text + (words.isEmpty ? "" : " (\(words))")
  }
}
