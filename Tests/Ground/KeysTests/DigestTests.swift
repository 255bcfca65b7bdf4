import Foundation
import Keys
import Testing

@Suite struct DigestTests {
  @Test func itIsTheOneOfTheStandard() {
    #expect(
      Digest(of: Data("abc".utf8)).hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func ofNothingItIsOneToo() {
    #expect(Digest(of: Data()).hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func howTheBytesComeDoesNotMatter() {
    var builder = DigestBuilder()
    builder.add(Data("a".utf8))
    Array("bc".utf8).withUnsafeBytes { builder.add($0) }
    #expect(builder.digest == Digest(of: Data("abc".utf8)))
  }

  @Test func aCopyGoesOnByItself() {
    var builder = DigestBuilder()
    builder.add(Data("ab".utf8))
    var copy = builder
    copy.add(Data("x".utf8))
    builder.add(Data("c".utf8))
    #expect(builder.digest == Digest(of: Data("abc".utf8)))
    #expect(copy.digest == Digest(of: Data("abx".utf8)))
  }

  @Test func whatWasAskedForBeforeDoesNotMatter() {
    var builder = DigestBuilder()
    builder.add(Data("ab".utf8))
    _ = builder.digest
    builder.add(Data("c".utf8))
    #expect(builder.digest == Digest(of: Data("abc".utf8)))
  }
}
