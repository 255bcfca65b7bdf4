import Testing
import Text

@Suite struct VisibleTextTests {
  @Test(arguments: [
    ("\u{1B}[31mred\u{7}", "␛[31mred␇"), ("a\nb\tc\r\n", "a↵b⇥c␍↵"), ("\u{9B}2J\u{85}", "\\u{9B}2J\\u{85}"),
    ("\u{202E}gnp.exe", "\\u{202E}gnp.exe"), ("\u{2066}a\u{2069}\u{200F}", "\\u{2066}a\\u{2069}\\u{200F}"),
    ("a\u{200B}b\u{FEFF}\u{AD}", "a\\u{200B}b\\u{FEFF}\\u{AD}"), ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
    ("\u{E0041}\u{FFFE}\u{7F}\0", "\\u{E0041}\\u{FFFE}␡␀"), ("\u{FFF9}x", "\\u{FFF9}x"),
  ])
  func whatWouldNotShowIsASign(text: String, shown: String) {
    #expect(VisibleText.line(text) == shown)
  }

  @Test(arguments: ["Zürich 漢字 שלום", "👩‍💻 ❤️", "می‌خواهم", "e\u{301}", "a \u{A0}b", "\u{F8FF}"])
  func whatShowsStaysAsItIs(text: String) {
    #expect(Array(VisibleText.line(text).unicodeScalars) == Array(text.unicodeScalars))
  }

  @Test func severalLinesStayLines() {
    #expect(VisibleText.lines("a\n\tb\u{1B}\rc") == "a\n\tb␛␍c")
  }
}
