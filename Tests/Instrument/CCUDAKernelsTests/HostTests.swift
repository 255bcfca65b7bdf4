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

  private func expect(_ output: [UInt8]?, contains part: String) {
    let text = String(decoding: output ?? [], as: UTF8.self)
    #expect(text.contains(part))
  }
}
