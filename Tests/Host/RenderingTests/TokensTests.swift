import Record
import Rendering
import TestSupport
import Testing

@Suite struct TokensTests {
  private func html(_ tokens: [String], _ values: [Double?], limit: Double = 1, start: Int = 0) -> String {
    page([.tokens(ColoredTokens(title: "AtP <logits>", tokens: tokens, values: values, limit: limit, start: start))]).html
  }

  @Test func tokensAreTextWithAColourAndAValueEach() {
    let html = html(["Fae", " is", " a"], [1, -0.5, 0], start: 1000)
    expect(
      html, contains: #"<span title="Fae (1000): 1" style="background:#053061;color:#fff">Fae</span>"#,
      #"<span title=" is (1001): −0.5" style="background:#"#, #"<span title=" a (1002): 0" style=""> a</span>"#,
      "AtP &lt;logits&gt;")
  }

  @Test func coloursStayInsideTheScaleAndATokenWithoutAValueIsPlain() {
    let html = html(["over", "under", "none", "NaN"], [100, -100, nil, .nan])
    expect(
      html, contains: #"background:#053061;color:#fff">over"#, #"background:#67001f;color:#fff">under"#, "</span>noneNaN</div>")
  }

  @Test func lineBreaksAreKeptAndMarkupIsHarmless() {
    let html = html(["\n", "</div><script>alert(1)</script>", "\u{202E}", "\u{1B}[31m"], [1, 1, 1, 1])
    expect(html, contains: "↵\n</span>")
    expect(html, lacks: "<script>alert", "\u{202E}")
  }

  @Test func ofALongTextTheLastTokensAreShown() {
    let html = html((0..<5000).map { "t\($0) " }, Array(repeating: 0.5, count: 5000))
    expect(html, contains: "The first 1,000 tokens are left out.", ">t1000 <")
    expect(html, lacks: ">t999 <")
  }

  @Test func tokensWithTooFewValuesOrWithoutALimitAreDrawnAllTheSame() {
    #expect(html(["a", "b"], [1], limit: 0).contains("b</div>"))
    #expect(html([], []).contains("AtP"))
  }
}
