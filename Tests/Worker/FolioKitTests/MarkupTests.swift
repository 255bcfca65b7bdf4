import FolioKit
import Foundation
import ModelFixture
import Record
import TestSupport
import Testing

@Suite struct MarkupTests {
  private let png = Data([
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 3, 0, 0, 0, 2,
  ])

  @Test func picturesMarkdownAndHTMLAreShownAsSuch() throws {
    let folder = try TestFolder()
    try png.write(to: URL(fileURLWithPath: folder.path + "/a.dat"))
    let shown = try outputs {
      display(try Picture(png, alt: "A", width: 0))
      display(try Picture(folder.path + "/a.dat"))
      display(Markdown("**\(1 + 1)**"))
      display(HTML(trusted: "<p>\(HTML.text("a<b>&\""))</p>"))
    }
    #expect(
      shown == [
        .picture(try #require(PictureOutput(png, alt: "A", width: 1))), .picture(try #require(PictureOutput(png))),
        .markdown(MarkdownOutput("**2**")), .html(HTMLOutput("<p>a&lt;b&gt;&amp;&quot;</p>")),
      ])
  }

  @Test func whatIsNoPictureIsAnErrorThatSaysWhatIs() throws {
    #expect(throws: NotebookError("These 3 bytes are no picture: browsers show PNG, JPEG, GIF, WebP and SVG")) {
      try Picture(Data("abc".utf8))
    }
    #expect(throws: NotebookError("The picture is empty")) { try Picture(Data()) }
    #expect(throws: NotebookError("'gone.png' cannot be read; its path is read from the notebook's folder")) {
      try Picture("gone.png")
    }
  }

  @Test func valuesOfTheLibraryAreALineAndNoDump() throws {
    let model = try LanguageModel.load(ModelFixture.standIn.path)
    let generation = try model.generate("Fae is a", until: [Int](), maxNewTokens: 2)
    let values: [Any] = [
      model, model.config, try model.tokenizer, model.generationDefaults, model.prefixes, generation, Sampling.greedy,
      try Sampling(temperature: 0.5, topK: 3, seed: 1), try Trainer(model, optimizer: AdamW(learningRate: 0.1)),
      try TrainingExample([1, 2, 3]), try PromptPair(clean: "Fae is a", corrupted: "Fae is the", model: model),
      Quadrature.midpoint(3),
      try model.directLogitAttribution("Fae is a", toward: LogitDifference(clean: " grimpus", corrupted: " zumpus")),
      try model.attentionPatterns("Fae is a", heads: ["L0H1"]), Results(rows: []),
      ResultRow(prompt: "", label: true, prediction: nil, goldChain: [], predictedChain: []),
      Answer(parsing: "(1) Fae is.\nAnswer: True"),
    ]
    for value in values {
      let text = String(describing: value)
      #expect(!text.contains("(") || !text.contains("\(type(of: value))("), "\(text)")
      #expect(!text.contains("Transformer.") && !text.contains("Optional("), "\(text)")
      #expect(text.count < 200, "\(text)")
      #expect(!text.contains("\n"), "\(text)")
    }
    #expect("\(generation)".hasSuffix("(2 new tokens behind \(generation.promptCount), it has as many tokens as allowed)"))
    #expect("\(Sampling.greedy)" == "greedy")
    #expect("\(Answer(parsing: "(1) Fae is.\nAnswer: True"))" == "(1) Fae is. Answer: True")
  }
}
