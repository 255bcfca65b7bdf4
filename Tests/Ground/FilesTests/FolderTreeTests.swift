import Files
import Foundation
import TestSupport
import Testing

@Suite struct FolderTreeTests {
  @Test func foldersAreFoundHoweverDeepEachBehindTheOneThatItLiesIn() throws {
    let folder = try TestFolder()
    for file in ["b/c/f", "b/f", "a/f", ".hidden/x/f", "f"] { try folder.write("", to: file) }
    #expect(FolderTree(folder.path).names == ["a", "b", "b/c"])
    #expect(FolderTree(folder.path) { path, name in path != "b" && name != "a" }.names == ["b"])
    #expect(FolderTree(folder.path + "/none").names.isEmpty)
  }

  @Test func aLinkThatLeadsBackEndsNothing() throws {
    let folder = try TestFolder()
    try folder.write("", to: "a/b/f")
    for link in ["top", "a/b/back"] {
      try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + link, withDestinationPath: folder.path)
    }
    #expect(FolderTree(folder.path).names == ["a", "a/b", "top"])
  }

  @Test(arguments: [("a", true), ("a/b", true), ("a//b", false), ("/a", false), ("a/..", false), ("", false), ("./a", false)])
  func aPathLeadsDownOnly(_ text: String, _ isPath: Bool) {
    #expect(FolderFile.isPath(text) == isPath)
  }

  @Test func theBeginningOfAFileIsRead() throws {
    let folder = try TestFolder()
    try folder.write("beginning", to: "f")
    #expect(try FolderFile.read("f", in: folder.path, first: 3) == Data("beg".utf8))
    #expect(try FolderFile.read("f", in: folder.path, first: 100) == Data("beginning".utf8))
  }
}
