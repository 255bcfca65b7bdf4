import CUDAStandIn
import TestSupport
import Testing

/// The stand-in for the driver is as strict as a card, and stricter: what would pass it by would be harm on a card.
@Suite struct StandInTests {
  private typealias Handle = OpaquePointer?
  private let library: StandInLibrary
  private let machine: StandInMachine

  private let start: @convention(c) (UInt32) -> Int32
  private let retain: @convention(c) (UnsafeMutablePointer<Handle>, Int32) -> Int32
  private let release: @convention(c) (Int32) -> Int32
  private let setCurrent: @convention(c) (Handle) -> Int32
  private let allocate: @convention(c) (UnsafeMutablePointer<UInt64>, Int) -> Int32
  private let free: @convention(c) (UInt64) -> Int32
  private let hostAllocate: @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int, UInt32) -> Int32
  private let upload: @convention(c) (UInt64, UnsafeRawPointer, Int, Handle) -> Int32
  private let download: @convention(c) (UnsafeMutableRawPointer, UInt64, Int, Handle) -> Int32
  private let copy: @convention(c) (UInt64, UInt64, Int, Handle) -> Int32
  private let makeStream: @convention(c) (UnsafeMutablePointer<Handle>, UInt32) -> Int32
  private let synchronize: @convention(c) (Handle) -> Int32
  private let makeEvent: @convention(c) (UnsafeMutablePointer<Handle>, UInt32) -> Int32
  private let record: @convention(c) (Handle, Handle) -> Int32
  private let elapsed: @convention(c) (UnsafeMutablePointer<Float>, Handle, Handle) -> Int32
  private let load: @convention(c) (UnsafeMutablePointer<Handle>, UnsafePointer<CChar>) -> Int32
  private let getFunction: @convention(c) (UnsafeMutablePointer<Handle>, Handle, UnsafePointer<CChar>) -> Int32
  private let launch:
    @convention(c) (
      Handle, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, Handle, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32

  private static let (success, invalidValue, outOfMemory, notInitialized) = (Int32(0), Int32(1), Int32(2), Int32(3))
  private static let (invalidImage, invalidContext, noBinary, invalidHandle, notFound) = (
    Int32(200), Int32(201), Int32(209), Int32(400), Int32(500)
  )
  private static let (notReady, illegalAddress) = (Int32(600), Int32(700))

  init() throws {
    machine = try StandInMachine(["cards": 2])
    library = machine.driver
    start = try library.function("cuInit")
    retain = try library.function("cuDevicePrimaryCtxRetain")
    release = try library.function("cuDevicePrimaryCtxRelease_v2")
    setCurrent = try library.function("cuCtxSetCurrent")
    allocate = try library.function("cuMemAlloc_v2")
    free = try library.function("cuMemFree_v2")
    hostAllocate = try library.function("cuMemHostAlloc")
    upload = try library.function("cuMemcpyHtoDAsync_v2")
    download = try library.function("cuMemcpyDtoHAsync_v2")
    copy = try library.function("cuMemcpyDtoDAsync_v2")
    makeStream = try library.function("cuStreamCreate")
    synchronize = try library.function("cuStreamSynchronize")
    makeEvent = try library.function("cuEventCreate")
    record = try library.function("cuEventRecord")
    elapsed = try library.function("cuEventElapsedTime")
    load = try library.function("cuModuleLoadData")
    getFunction = try library.function("cuModuleGetFunction")
    launch = try library.function("cuLaunchKernel")
  }

  /// Makes a card's context current, and a stream and a block of 1024 bytes on it.
  private func prepare(card: Int32 = 0) -> (stream: Handle, block: UInt64) {
    var (context, stream, block): (Handle, Handle, UInt64) = (nil, nil, 0)
    #expect(start(0) == Self.success)
    #expect(retain(&context, card) == Self.success)
    #expect(setCurrent(context) == Self.success)
    #expect(makeStream(&stream, 1) == Self.success)
    #expect(allocate(&block, 1024) == Self.success)
    return (stream, block)
  }

  @Test func nothingIsDoneBeforeTheStart() {
    var context: Handle
    context = nil
    #expect(retain(&context, 0) == Self.notInitialized)
  }

  @Test func nothingIsDoneWithoutAContext() {
    let (_, block) = prepare()
    #expect(setCurrent(nil) == Self.success)
    var other: UInt64 = 0
    #expect(allocate(&other, 16) == Self.invalidContext)
    #expect(free(block) == Self.invalidContext)
  }

  @Test func anotherCardsThingsAreNoOnes() {
    let first = prepare(card: 0)
    let second = prepare(card: 1)
    var number: Float = 1
    #expect(upload(first.block, &number, 4, second.stream) == Self.invalidValue)
    #expect(upload(second.block, &number, 4, first.stream) == Self.invalidHandle)
    #expect(free(first.block) == Self.invalidValue)
  }

  @Test func copiesLieWithinOneBlock() {
    let (stream, block) = prepare()
    var numbers = [Float](repeating: 0, count: 512)
    #expect(upload(block + 1020, &numbers, 4, stream) == Self.success)
    #expect(upload(block + 1020, &numbers, 8, stream) == Self.invalidValue)
    #expect(upload(block - 4, &numbers, 8, stream) == Self.invalidValue)
    #expect(download(&numbers, block + 1024, 4, stream) == Self.invalidValue)
    #expect(upload(12345678, &numbers, 4, stream) == Self.invalidValue)
    #expect(copy(block, block + 8, 16, stream) == Self.invalidValue)
  }

  @Test func copiesAreOfWholeNumbers() {
    let (stream, block) = prepare()
    var numbers: [Float] = [0, 0]
    #expect(upload(block + 1, &numbers, 4, stream) == Self.invalidValue)
    #expect(upload(block, &numbers, 3, stream) == Self.invalidValue)
    #expect(upload(block + 2, &numbers, 2, stream) == Self.success)
  }

  @Test func handlesAreThoseThatWereGiven() {
    let (stream, block) = prepare()
    var number: Float = 1
    let wrong = OpaquePointer(bitPattern: 4096)
    #expect(upload(block, &number, 4, wrong) == Self.invalidHandle)
    #expect(synchronize(wrong) == Self.invalidHandle)
    #expect(record(wrong, stream) == Self.invalidHandle)
    #expect(launch(wrong, 1, 1, 1, 1, 1, 1, 0, stream, nil, nil) == Self.invalidHandle)
  }

  @Test func aBlockIsFreedOnce() {
    let (_, block) = prepare()
    #expect(free(block + 4) == Self.invalidValue)
    #expect(free(block) == Self.success)
    #expect(free(block) == Self.invalidValue)
  }

  @Test func memoryHasAnEnd() {
    machine.driver.set("memory", 1 << 20)
    _ = prepare()
    var block: UInt64 = 0
    #expect(allocate(&block, 1 << 20) == Self.outOfMemory)
    #expect(allocate(&block, 1 << 19) == Self.success)
  }

  /// So nothing passes for right that only happens to be done already.
  @Test func workIsDoneWhenSomebodyWaitsForIt() {
    let (stream, block) = prepare()
    var (number, read): (Float, Float) = (5, 0)
    #expect(upload(block, &number, 4, stream) == Self.success)
    #expect(download(&read, block, 4, stream) == Self.success)
    #expect(read == 0)
    #expect(synchronize(stream) == Self.success)
    #expect(read == 5)
  }

  @Test func pageLockedMemoryIsReadWhenItsTurnComes() throws {
    let (stream, block) = prepare()
    var memory: UnsafeMutableRawPointer?
    #expect(hostAllocate(&memory, 4096, 0) == Self.success)
    let source = try #require(memory)
    var read: Float = 0
    source.storeBytes(of: 1, as: Float.self)
    #expect(upload(block, source, 4, stream) == Self.success)
    source.storeBytes(of: 2, as: Float.self)
    #expect(download(&read, block, 4, stream) == Self.success)
    #expect(synchronize(stream) == Self.success)
    #expect(read == 2)
  }

  @Test func aBlockIsNotFreedWhileWorkNeedsIt() {
    let (stream, block) = prepare()
    var number: Float = 5
    #expect(upload(block, &number, 4, stream) == Self.success)
    #expect(free(block) == Self.success)
    #expect(synchronize(stream) == Self.illegalAddress)
    expect(machine.fault, contains: "A copy was under way when its block was freed.")
    // A card that has done so does nothing any more.
    #expect(synchronize(stream) == Self.illegalAddress)
  }

  @Test func timesAreOfWhatIsDone() {
    let (stream, _) = prepare()
    var (first, second, untimed): (Handle, Handle, Handle) = (nil, nil, nil)
    var milliseconds: Float = -1
    #expect(makeEvent(&first, 0) == Self.success)
    #expect(makeEvent(&second, 0) == Self.success)
    #expect(makeEvent(&untimed, 2) == Self.success)
    #expect(elapsed(&milliseconds, first, second) == Self.invalidHandle)
    for event in [first, second, untimed] { #expect(record(event, stream) == Self.success) }
    #expect(elapsed(&milliseconds, first, second) == Self.notReady)
    #expect(synchronize(stream) == Self.success)
    #expect(elapsed(&milliseconds, first, second) == Self.success)
    #expect(milliseconds >= 0)
    #expect(elapsed(&milliseconds, first, untimed) == Self.invalidHandle)
  }

  @Test func machineCodeIsForItsCard() {
    let (_, _) = prepare()
    var (module, function): (Handle, Handle) = (nil, nil)
    func image(_ architecture: String) -> String { "Folio's stand-in for a cubin\n\(architecture)\n13\nKERNEL(fill, 256, ())" }
    #expect(load(&module, "something else") == Self.invalidImage)
    #expect(load(&module, image("sm_80")) == Self.noBinary)
    #expect(load(&module, image("sm_90")) == Self.success)
    #expect(load(&module, image("sm_90a")) == Self.success)
    #expect(getFunction(&function, module, "add") == Self.notFound)
    #expect(getFunction(&function, module, "fil") == Self.notFound)
    #expect(getFunction(&function, module, "fill") == Self.success)
  }

  @Test func aLaunchHasArguments() {
    let (stream, block) = prepare()
    var (module, function): (Handle, Handle) = (nil, nil)
    #expect(load(&module, "Folio's stand-in for a cubin\nsm_90\n13\nfill") == Self.success)
    #expect(getFunction(&function, module, "fill") == Self.success)
    #expect(launch(function, 1, 1, 1, 256, 1, 1, 0, stream, nil, nil) == Self.invalidValue)
    var (address, count, value): (UInt64, Int, Float) = (block, 4, 3)
    withUnsafeMutableBytes(of: &address) { address in
      withUnsafeMutableBytes(of: &count) { count in
        withUnsafeMutableBytes(of: &value) { value in
          var arguments: [UnsafeMutableRawPointer?] = [address.baseAddress, nil, value.baseAddress]
          #expect(launch(function, 1, 1, 1, 256, 1, 1, 0, stream, &arguments, nil) == Self.invalidValue)
          arguments[1] = count.baseAddress
          #expect(launch(function, 1, 1, 1, 256, 1, 1, 0, stream, &arguments, nil) == Self.success)
        }
      }
    }
    var read: [Float] = [0, 0, 0, 0]
    #expect(download(&read, block, 16, stream) == Self.success)
    #expect(synchronize(stream) == Self.success)
    #expect(read == [3, 3, 3, 3])
  }

  @Test func whatIsLeftAtTheEndIsCounted() {
    _ = prepare()
    #expect(machine.driver.get("leaks") == 0)
    #expect(release(0) == Self.success)
    #expect(machine.driver.get("leaks") == 2)
    #expect(release(0) == Self.invalidContext)
  }
}
