import CUDAHostKernels
import Foundation
import Testing

/// The host build stops the program where a card would do something undefined.
@Suite struct HostTests {
  @Test func aKernelThatIsNotThereStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      host_launch("no_such_kernel", 1, 1, 1, 32, 0, nil)
    }
    expect(result?.standardErrorContent, contains: "There is no kernel 'no_such_kernel'.")
  }

  @Test func aBlockOfMoreThreadsThanTheKernelAllowsStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      host_launch("add", 1, 1, 1, 512, 0, nil)
    }
    expect(result?.standardErrorContent, contains: "more threads in a block")
  }

  @Test func aGridThatNoCardTakesStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      host_launch("add", 1, 65536, 1, 256, 0, nil)
    }
    expect(result?.standardErrorContent, contains: "a grid that no card takes")
  }

  @Test func threadsThatWaitForOthersThatNeverComeStopTheProgram() async {
    let block = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      HostTests.run("misbehaving_waits", threads: 64)
    }
    expect(block?.standardErrorContent, contains: "wait at a barrier for others that never come")
    let warp = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      HostTests.run("misbehaving_warp", threads: 64)
    }
    expect(warp?.standardErrorContent, contains: "wait at a barrier for others that never come")
  }

  @Test func anExchangeAmongSomeLanesStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      HostTests.run("misbehaving_lanes", threads: 32)
    }
    expect(result?.standardErrorContent, contains: "knows only whole warps")
  }

  @Test func aThreadThatNeedsMoreStackThanItHasStopsTheProgram() async {
    // With a message, or below the lowest stack with a signal.
    await #expect(processExitsWith: .failure) { HostTests.run("misbehaving_stack", threads: 32) }
  }

  @Test func aMissingBarrierShowsWhenThreadsRunBackwards() {
    let forwards = HostTests.run("misbehaving_races", threads: 64)
    host_run_backwards(1)
    let backwards = HostTests.run("misbehaving_races", threads: 64)
    host_run_backwards(0)
    #expect(forwards.bits != backwards.bits)
  }

  @Test func sharedMemoryIsNotANumberUntilItIsWritten() {
    #expect(HostTests.run("misbehaving_reads", threads: 32).every(\.isNaN))
  }

  /// Runs one block of a kernel that takes some numbers, and returns them.
  @discardableResult
  private static func run(_ kernel: String, threads: Int) -> [Float] {
    var numbers = [Float](repeating: 0, count: threads)
    numbers.withUnsafeMutableBufferPointer { numbers in
      var start = numbers.baseAddress
      withUnsafeMutablePointer(to: &start) {
        var arguments = [UnsafeMutableRawPointer($0) as UnsafeMutableRawPointer?]
        host_launch(kernel, 1, 1, 1, UInt32(threads), 1024, &arguments)
      }
    }
    return numbers
  }

  private func expect(_ output: [UInt8]?, contains part: String) {
    let text = String(decoding: output ?? [], as: UTF8.self)
    #expect(text.contains(part))
  }
}
