import Testing
import Text

@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("plain é\n", "plain é\n"), ("\u{1B}[31mred\u{1B}[0m", "red"), ("10%\r50%\r100%", "100%"),
    ("loading...\rdone", "doneing..."),
    ("loading...\r\u{1B}[Kdone", "done"), ("a\r\nb\r\n", "a\nb\n"), ("ab\u{8}c", "ac"), ("\u{8}\u{8}x", "x"),
    ("\u{1B}]0;title\u{7}text", "text"), ("\u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link"), ("bell\u{7}", "bell"),
    ("\u{1B}", ""), ("\u{1B}[", ""), ("\u{1B}[12", ""), ("\u{1B}(Bx", "x"), ("\u{1B}]never ends\nnext", "\nnext"),
    ("é👩‍👧\rx", "x👩‍👧"), ("  0%|   |\r 50%|█  |\r100%|██▉|\n", "100%|██▉|\n"), ("", ""), ("\r\r\r", ""), ("\u{1B}7x\u{1B}8", "x"),
  ])
  func textIsWhatATerminalWouldShowInTheEnd(_ written: String, _ shown: String) {
    #expect(TerminalText.plain(written) == shown)
  }
}
