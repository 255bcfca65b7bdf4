import Machine
import Testing

@Suite struct HomeFolderTests {
  @Test(arguments: [("~", "/h"), ("~/models", "/h/models"), ("~other/models", "~other/models"), ("a/~", "a/~"), ("", "")])
  func aTildeInFrontIsTheFolder(path: String, expanded: String) {
    #expect(HomeFolder.expanded(path, ["HOME": "/h"]) == expanded)
  }

  @Test func anEmptyVariableCountsAsNone() {
    #expect(HomeFolder.path(["HOME": ""]) == HomeFolder.path([:]))
    #expect(HomeFolder.path([:]).hasPrefix("/"))
  }
}
