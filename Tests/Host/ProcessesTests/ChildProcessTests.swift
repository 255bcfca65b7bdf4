import Foundation
import Processes
import Record
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  private func shell(_ script: String, _ change: (inout ChildProcess.Call) -> Void = { _ in }) throws -> ChildProcess.Finished {
    var call = ChildProcess.Call("bash", ["-c", script])
    change(&call)
    return try ChildProcess.finish(call)
  }

  @Test func aProgramIsFoundOnThePathAndBothOfItsStreamsAreRead() throws {
    let finished = try shell("echo out; echo err >&2; exit 3")
    #expect(finished.text == "out\n")
    #expect(finished.errorText == "err\n")
    #expect(finished.status == 3)
    #expect(try shell("echo a; echo b >&2; echo c") { $0.joinsStreams = true }.text == "a\nb\nc\n")
    #expect(try shell("kill -TERM $$").termination == .killed(by: SIGTERM))
  }

  @Test func muchGoesBothWaysAtOnceAndNeitherWaitsForTheOther() throws {
    let input = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) })
    #expect(try shell("cat") { $0.input = input }.output == input)
    // The errors alone would fill their pipe.
    let finished = try shell("head -c 1000000 /dev/zero >&2; cat | wc -c") { $0.input = input }
    #expect(finished.errors.count == 1_000_000)
    #expect(finished.text == "3000000\n")
  }

  @Test func oneThatReadsNothingOfItsInputEndsIt() throws {
    #expect(try shell("exec <&-; sleep 0.1; echo fine") { $0.input = Data(count: 3_000_000) }.text == "fine\n")
    #expect(try shell("true") { $0.input = Data(count: 3_000_000) }.status == 0)
  }

  @Test func whatIsNotThereIsSaidWithItsAdvice() throws {
    var call = ChildProcess.Call("no-such-program")
    call.advice = "Install it."
    let error = #expect(throws: Diagnostic.self) { try ChildProcess.finish(call) }
    #expect(error?.message == "'no-such-program' cannot be started: No such file or directory")
    #expect(error?.advice == "Install it.")
  }

  @Test func nothingOfOursIsInheritedWhateverIsOpen() throws {
    // Without FD_CLOEXEC, as a library may open it.
    let files = (0..<20).map { _ in Foundation.open("/dev/null", O_RDONLY) }
    defer { for file in files { close(file) } }
    // What the listing itself has open is closed when the loop begins.
    let finished = try shell("for n in /proc/$$/fd/*; do if [ -e $n ]; then echo ${n##*/}; fi; done")
    #expect(finished.text == "0\n1\n2\n")
  }

  @Test func descriptorsGetTheNumbersThatAreAskedForAlsoWhereTheseAreTaken() throws {
    let (first, second) = (try Descriptor.pipe(), try Descriptor.pipe())
    // Each one's number is another one's in the child.
    let given = try [Descriptor.null(), second.write, first.write, second.write, first.write]
    let child = try ChildProcess(
      "bash", arguments: ["-c", "echo one >&1; echo two >&2; echo three >&3; echo four >&4"], descriptors: given)
    #expect(child.wait() == .exited(0))
    var buffer = [UInt8](repeating: 0, count: 100)
    #expect(second.read.read(&buffer).map { String(decoding: $0, as: UTF8.self) } == "one\nthree\n")
    #expect(first.read.read(&buffer).map { String(decoding: $0, as: UTF8.self) } == "two\nfour\n")
  }

  @Test func aSignalDoesNotEndAWait() throws {
    // Each of the bytes may be waited for when a signal comes.
    var former = sigaction()
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGWINCH, &action, &former)
    defer { sigaction(SIGWINCH, &former, nil) }
    let target = pthread_self()
    // A thread that has ended must not be sent anything.
    let (isOver, hasStopped) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    Thread.detachNewThread {
      while isOver.wait(timeout: .now() + .milliseconds(1)) == .timedOut { pthread_kill(target, SIGWINCH) }
      hasStopped.signal()
    }
    let finished = try shell("for i in 1 2 3 4 5; do read -n 1 x; echo -n $x; sleep 0.02; done") { $0.input = Data("abcde".utf8) }
    isOver.signal()
    hasStopped.wait()
    #expect(finished.text == "abcde")
  }
}
