import CUDA
import CUDAStandIn
import Checkpoints
import Foundation
import ModelFixture
import Tensors
import TestSupport
import Testing
import Transformer

/// What happens to a model whose graphics card has too little memory, or is lost. The cards are those of `StandInMachine`.
@Suite struct CardFailureTests {
  private let machine: StandInMachine
  private let model: LanguageModel
  private static let tokens = [2, 5, 9, 31, 17, 8, 5, 22]

  init() throws {
    machine = try StandInMachine(["capability": 80])
    model = try LanguageModel(ModelVariant.families[1].random(seed: 7).model(), on: CUDABackend(machine.system().context(0)))
  }

  /// The error of a run for which only so many more blocks of memory can be had.
  private func error(allocations: Int, _ body: () throws -> Void) -> ModelError? {
    machine.driver.set("allocations until refusal", allocations)
    defer { machine.driver.set("allocations until refusal", -1) }
    do { try body() } catch { return error as? ModelError }
    return nil
  }

  @Test(arguments: [0, 1, 2, 3, 5, 8])
  func aRunForWhichThereIsNoMemoryIsAnErrorAndTheNextOneGivesWhatItGivesElsewhere(_ allocations: Int) throws {
    let expected = try model.run(Self.tokens, logits: .all).logits
    model.prefixes.removeAll()
    let long = (0..<60).map { 3 + $0 % 30 }
    let error = error(allocations: allocations) { _ = try model.run(long, capturing: .all, logits: .all) }
    expect("\(try #require(error))", contains: "The card has no room for")
    #expect(try model.run(Self.tokens, logits: .all).logits == expected)
    #expect(try model.run(long, logits: .all).logits.shape[0] == 60)
  }

  @Test
  func aRunForWhichThereIsNoMemoryAtAllIsAnError() throws {
    let error = error(allocations: 0) { _ = try model.gradients(Self.tokens, of: Loss(), at: .all) }
    expect("\(try #require(error))", contains: "The card has no room for")
  }

  @Test
  func aCardThatIsLostIsToldByEveryRunFromThenOn() throws {
    machine.driver.set("lost at", 40)
    for _ in 0..<2 {
      let error = #expect(throws: ModelError.self) {
        for _ in 0..<4 { _ = try model.run(Self.tokens, capturing: .all) }
      }
      expect("\(try #require(error))", contains: "card")
    }
  }

  @Test
  func aCaptureThatIsLargerThanTheCardsMemoryIsRefusedBeforeAnythingIsComputed() throws {
    let small = try StandInMachine(["memory": 96 << 20])
    let model = try LanguageModel(
      ModelVariant.families[1].random(seed: 7, contextLength: 4096).model(),
      on: CUDABackend(small.system(["FOLIO_CUDA_MEMORY": "80M"]).context(0)))
    let tokens = (0..<2000).map { 3 + $0 % 30 }
    #expect(throws: ModelError.self) { try model.run(tokens, capturing: [.pattern(layer: 0), .attentionScores(layer: 0)]) }
    #expect(model.prefixes.count == 0)
  }

  @Test
  func aModelLeavesACardThatIsFullAsItCame() throws {
    let expected = try ModelVariant.families[1].random(seed: 7).model().run(Self.tokens).logits
    machine.driver.set("allocations until refusal", 0)
    let home = try model.moved(to: .cpu)
    #expect(home.device == .cpu)
    #expect(try home.run(Self.tokens).logits == expected)
    #expect(try model.moved(to: .auto) === model)
  }

  @Test
  func trainingGoesOnOnTheProcessorWithTheWeightsAsTheyCame() throws {
    let trainer = try Trainer(model, optimizer: AdamW(learningRate: 1e-3))
    #expect(trainer.model.device == .cpu)
    #expect(try trainer.model.run(Self.tokens).logits == model.moved(to: .cpu).run(Self.tokens).logits)
  }

  @Test
  func whatNobodyAskedOfDoesNotFailTheNextRun() throws {
    let logits = try model.run(Self.tokens, logits: .all).logits
    machine.driver.set("allocations until refusal", 0)
    let large = Tensor.stack(Array(repeating: logits, count: 1 << 16))
    machine.driver.set("allocations until refusal", -1)
    #expect(large.isVoid)
    #expect(try model.run(Self.tokens, logits: .all).logits == logits)
  }

  @Test
  func ofSeveralThreadsThatFillACardEachGetsNumbersOrAnError() throws {
    let expected = try model.run(Self.tokens, capturing: .all, logits: .all)
    machine.driver.set("allocations until refusal", 40)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      guard let run = try? model.run(Self.tokens, capturing: .all, logits: .all) else { return }
      // Whether they can be read: what is void would end the program.
      #expect(run.logits == expected.logits)
      #expect(run.cache.points.allSatisfy { (try? run.cache[$0])?.isVoid == false })
    }
  }

  @Test
  func nothingIsDoneThatACardMustNotBeAskedToDo() throws {
    _ = try model.gradients(Self.tokens, of: Loss(), at: .all)
    #expect(machine.fault == "")
  }
}
