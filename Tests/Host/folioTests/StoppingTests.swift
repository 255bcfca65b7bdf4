import Foundation
import Processes
import TestSupport
import Testing

/// What is left when the command, or its worker, is made to end.
extension CommandTests {
  private static let endless =
    "```swift\nprint(\"first\")\n```\n```swift\nclose(creat(\"running\", 0o644))\nwhile true {}\n```\n```swift\n3\n```"

  /// How a command ended, what it printed, and the page that it left.
  private struct Stopped {
    var status: ChildProcess.Termination
    var output: String
    var page: String?
  }

  /// Starts a command on a notebook with a cell that never ends, and sends it signals once that runs.
  private func stopped(_ arguments: [String], by signals: [Int32]) throws -> Stopped {
    var result = Stopped(status: .exited(0), output: "", page: nil)
    try withNotebook(Self.endless) { folder in
      let output = try Descriptor.pipe()
      let process = try start(arguments, in: folder, output: output.write)
      try #require(eventually { folder.exists("Notebooks/running") })
      for signal in signals {
        kill(process.identifier, signal)
        if signals.count > 1 { usleep(1000) }
      }
      result.status = process.wait()
      result.page = try? folder.read("Site/n/index.html")
      // The test's own end is still open, so it is read as far as it goes.
      _ = fcntl(output.read.number, F_SETFL, O_NONBLOCK)
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      result.output = output.read.read(&buffer).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    return result
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func aSignalStopsTheCellAndKeepsWhatCameBefore(signal: Int32) throws {
    let built = try stopped(["build"], by: [signal])
    #expect(built.status == .exited(128 + signal))
    expect(built.page, contains: "first", "cell-2 was stopped")
    #expect(built.page?.hasSuffix("</html>\n") == true)
    let ran = try stopped(["run", "Notebooks/n.md"], by: [signal])
    #expect(ran.status == .exited(128 + signal))
    #expect(ran.output.contains("first"))
  }

  @Test(arguments: [SIGTERM, SIGHUP])
  func aPreviewThatIsEndedKeepsWhatHasBeenComputed(signal: Int32) throws {
    let previewed = try stopped(["preview", "--port", "0"], by: [signal])
    #expect(previewed.status == .exited(128 + signal))
    expect(previewed.page, contains: "first", "cell-2 was stopped")
  }

  @Test func ctrlCTwiceEndsAtOnce() throws {
    let built = try stopped(["build"], by: [SIGINT, SIGINT])
    #expect(built.status == .exited(130))
    #expect(built.page == nil || built.page?.hasSuffix("</html>\n") == true)
  }

  @Test func whoShallNotHearOfTheTerminalsEndGoesOn() throws {
    try withNotebook("```swift\nclose(creat(\"running\", 0o644))\nwhile access(\"go\", F_OK) != 0 { usleep(1000) }\n7\n```") {
      folder in
      let nothing = try Descriptor.null()
      let process = try ChildProcess(
        "bash", arguments: ["-c", "trap '' HUP; exec \"$0\" build", Command.path], environment: Command.environment,
        descriptors: [nothing, nothing, nothing], directory: folder.path)
      try #require(eventually { folder.exists("Notebooks/running") })
      kill(process.identifier, SIGHUP)
      try folder.write("", to: "Notebooks/go")
      #expect(process.wait() == .exited(0))
    }
  }
}
