import Foundation

/// Reading the small files of a model's folder, whole.
///
/// A repository that was cloned without Git LFS has pointers in place of its large files: three lines of text. They are an error of
/// their own, since every other one ("not a SentencePiece model") would lead astray.
package enum ModelFile {
  /// The bytes of a file. A file that is missing, or a link that leads nowhere, is an error that says why.
  package static func read(_ url: URL) throws(ModelError) -> Data {
    let data: Data
    do { data = try Data(contentsOf: url) } catch {
      let missing =
        exists(url)
        ? nil
        : "no such file is there; a model's folder holds config.json, its weights in safetensors and a tokenizer, or one GGUF file"
      throw .unreadable(file: url.path, cause: deadLink(url) ?? missing ?? error.localizedDescription.trimmingSuffix("."))
    }
    if let size = data.withUnsafeBytes(LFSPointer.init)?.size { throw .gitLFSPointer(file: url.path, size: size) }
    return data
  }

  package static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  /// Where a link leads to that leads nowhere, in words; nil for everything else.
  package static func deadLink(_ url: URL) -> String? {
    guard !exists(url), let target = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) else { return nil }
    return "it is a link to \(target), where no file is; the download was broken off, or the hub's cache was cleaned. Run "
      + "`hf download` for the model again"
  }
}

/// A pointer of Git LFS, which stands for a file that was not downloaded
/// (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
package struct LFSPointer {
  /// The bytes of the file that it stands for, if it says so.
  package let size: Int

  package init?(_ bytes: UnsafeRawBufferPointer) {
    // A pointer is shorter than 1024 bytes.
    guard bytes.count < 1024, bytes.starts(with: Array("version https://git-lfs.github.com/spec/".utf8)) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    size = lines.first { $0.hasPrefix("size ") }.flatMap { Int($0.dropFirst(5)) } ?? 0
  }
}

extension MappedFile {
  package func refuseLFSPointer() throws(ModelError) {
    guard count < 1024, let pointer = withBytes(0..<count, LFSPointer.init) else { return }
    throw .gitLFSPointer(file: path, size: pointer.size)
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
