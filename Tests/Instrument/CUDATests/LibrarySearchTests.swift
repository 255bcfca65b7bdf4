import CUDA
import TestSupport
import Testing

/// NVIDIA's libraries are found where people have them.
@Suite struct LibrarySearchTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// A search in a system that has these files.
  private func search(_ files: [String], _ environment: [String: String] = [:]) throws -> LibrarySearch {
    for file in files { try folder.write("", to: file) }
    let absolute = environment.mapValues { $0.replacing("ROOT", with: folder.path) }
    return LibrarySearch(environment: ["HOME": folder.path + "/home"].merging(absolute) { $1 }, root: folder.path)
  }

  private func names(_ candidates: [LibrarySearch.Candidate]) -> [String] {
    candidates.map { ($0.onlyIfLoaded ? "loaded " : "") + $0.name.replacing(folder.path, with: "ROOT") }
  }

  // MARK: - Driver

  @Test func theDriverIsTheSystems() throws {
    #expect(try names(search([]).driver) == ["libcuda.so.1"])
  }

  @Test(arguments: ["/usr/lib/wsl/lib/libcuda.so.1", "/run/opengl-driver/lib/libcuda.so.1"])
  func theDriverIsAlsoFoundWhereTheLoaderDoesNotLook(path: String) throws {
    #expect(try names(search([path]).driver) == ["libcuda.so.1", "ROOT" + path])
  }

  @Test func aNamedDriverIsTheOnlyOne() throws {
    #expect(try names(search([], ["FOLIO_CUDA_DRIVER": "/a/b.so"]).driver) == ["/a/b.so"])
    #expect(try names(search([], ["FOLIO_CUDA_DRIVER": ""]).driver) == ["libcuda.so.1"])
  }

  // MARK: - NVRTC

  @Test func withoutAnyPackageTheLoaderIsAsked() throws {
    #expect(
      try names(search([]).compiler(newest: 13)) == [
        "loaded libnvrtc.so.13", "libnvrtc.so.13", "loaded libnvrtc.so.12", "libnvrtc.so.12",
      ])
  }

  @Test func aNamedCompilerIsTheOnlyOne() throws {
    #expect(try names(search([], ["FOLIO_NVRTC": "/a/b.so"]).compiler(newest: 13)) == ["/a/b.so"])
  }

  /// What an older driver loads comes first.
  @Test func aCompilerNoNewerThanTheDriverComesFirst() throws {
    #expect(
      try names(search([]).compiler(newest: 12)) == [
        "loaded libnvrtc.so.12", "libnvrtc.so.12", "loaded libnvrtc.so.13", "libnvrtc.so.13",
      ])
  }

  @Test(arguments: [
    ("env/lib/python3.12/site-packages", ["VIRTUAL_ENV": "ROOT/env"]),
    ("conda/lib/python3.11/site-packages", ["CONDA_PREFIX": "ROOT/conda"]),
    ("env/lib64/python3.12/site-packages", ["VIRTUAL_ENV": "ROOT/env"]),
    ("home/.local/lib/python3.10/site-packages", [:]),
    ("usr/local/lib/python3.11/dist-packages", [:]),
    ("usr/lib/python3/dist-packages", [:]),
  ])
  func packagesOfPythonAreFound(packages: String, environment: [String: String]) throws {
    let file = packages + "/nvidia/cu13/lib/libnvrtc.so.13"
    expect(try names(search([file], environment).compiler(newest: 13)), contains: "ROOT/" + file)
  }

  @Test func packagesOfTheFirstPythonOnThePathAreFound() throws {
    let file = "py/lib/python3.13/site-packages/nvidia/cu13/lib/libnvrtc.so.13"
    let search = try search([file, "py/bin/python3", "later/bin/python3"], ["PATH": "/none:ROOT/py/bin:ROOT/later/bin"])
    expect(names(search.compiler(newest: 13)), contains: "ROOT/" + file)
    #expect(search.packageFolders == [folder.path + "/py/lib/python3.13/site-packages"])
  }

  @Test func thePackageForCUDA12IsFound() throws {
    let file = "env/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12"
    let found = try names(search([file], ["VIRTUAL_ENV": "ROOT/env"]).compiler(newest: 12))
    #expect(found.prefix(3) == ["loaded libnvrtc.so.12", "ROOT/" + file, "libnvrtc.so.12"])
  }

  @Test(arguments: [
    ("cuda/lib64", ["CUDA_HOME": "ROOT/cuda"]), ("cuda/lib64", ["CUDA_PATH": "ROOT/cuda"]), ("usr/local/cuda-13.0/lib64", [:]),
    ("usr/local/cuda/targets/x86_64-linux/lib", [:]),
  ])
  func toolkitsAreFound(libraries: String, environment: [String: String]) throws {
    let found = try names(search([libraries + "/libnvrtc.so.13"], environment).compiler(newest: 13))
    #expect(found.prefix(3) == ["loaded libnvrtc.so.13", "libnvrtc.so.13", "ROOT/\(libraries)/libnvrtc.so.13"])
  }

  @Test func theMessageSaysWhereItWasLookedFor() throws {
    let search = try search(["env/lib/python3.12/site-packages/x"], ["VIRTUAL_ENV": "ROOT/env"])
    expect(search.compilerPlaces, contains: "libnvrtc.so.13", folder.path + "/env/lib/python3.12/site-packages", "CUDA_HOME")
  }
}
