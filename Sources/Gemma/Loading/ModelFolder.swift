import Foundation

/// Where a model's files lie: found by the path of a folder, or by a name in the Hugging Face hub's cache on this machine.
///
/// The cache is laid out as `models--org--name/refs/main`, a file that holds a revision, and `snapshots/<revision>/`, the files
/// (<https://huggingface.co/docs/huggingface_hub/guides/manage-cache>). Nothing is downloaded.
struct ModelFolder {
  let url: URL

  /// - Parameters:
  ///   - name: A folder, absolute or relative to `base`, or a hub name as `google/gemma-2b`.
  ///   - base: What a relative folder is relative to; the current directory if nil.
  init(_ name: String, relativeTo base: String?, environment: [String: String]) throws(GemmaError) {
    let base = URL(filePath: base ?? FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
    let expanded = name.hasPrefix("~/") ? (environment["HOME"] ?? NSHomeDirectory()) + name.dropFirst() : name
    let folder = URL(filePath: expanded, directoryHint: .isDirectory, relativeTo: base).standardizedFileURL
    if !name.isEmpty, Self.isFolder(folder) {
      url = folder
      return
    }
    let advice = "Give the path of a folder with config.json, tokenizer.model and model.safetensors"
    guard Self.isHubName(name) else {
      throw .modelNotFound(name: name, looked: [folder.path], advice: advice + ", or a hub name as google/gemma-2b.")
    }
    let repository = Self.hub(environment).appending(path: "models--" + name.replacing("/", with: "--"))
    guard let snapshot = Self.snapshot(of: repository) else {
      throw .modelNotFound(
        name: name, looked: [folder.path, repository.path],
        advice: advice + ", or download it: `huggingface-cli download \(name)` (HF_HOME and HF_HUB_CACHE say where to).")
    }
    url = snapshot
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// `org/name`, of letters, digits and `-_.`, and no way out of the cache.
  private static func isHubName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && !part.hasPrefix(".")
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
      }
  }

  private static func hub(_ environment: [String: String]) -> URL {
    func folder(_ key: String) -> URL? {
      environment[key].flatMap { $0.isEmpty ? nil : URL(filePath: $0, directoryHint: .isDirectory) }
    }
    let home = URL(filePath: environment["HOME"] ?? NSHomeDirectory(), directoryHint: .isDirectory)
    return folder("HF_HUB_CACHE") ?? folder("HF_HOME")?.appending(path: "hub") ?? home.appending(path: ".cache/huggingface/hub")
  }

  /// The snapshot that `refs/main` names; without that file, the only snapshot there is.
  private static func snapshot(of repository: URL) -> URL? {
    let snapshots = repository.appending(path: "snapshots")
    if let main = try? String(contentsOf: repository.appending(path: "refs/main"), encoding: .utf8) {
      let revision = main.trimmingCharacters(in: .whitespacesAndNewlines)
      let folder = snapshots.appending(path: revision)
      return !revision.isEmpty && !revision.contains("/") && isFolder(folder) ? folder : nil
    }
    let all = (try? FileManager.default.contentsOfDirectory(at: snapshots, includingPropertiesForKeys: nil)) ?? []
    return all.count == 1 ? all.first : nil
  }
}
