import Record

extension Work {
  /// What an entry of CSL JSON says; nil if it has no id.
  init?(csl entry: JSONValue, place: Place) {
    guard let id = Self.text(entry["id"]) else { return nil }
    self.init(key: id, kind: entry["type"]?.string ?? "", place: place)
    func field(_ name: String) -> String { Self.text(entry[name]) ?? "" }
    authors = Self.names(entry["author"])
    editors = Self.names(entry["editor"])
    title = field("title")
    let date = (entry["issued"] ?? entry["published"])?["date-parts"]?.array?.first?.array?.first
    year = Self.text(date) ?? String(entry["issued"]?["raw"]?.string?.prefix(4) ?? "")
    container = field("container-title")
    (volume, number) = (field("volume"), field("issue").isEmpty ? field("number") : field("issue"))
    pages = field("page").replacing(/\s*[-–—]+\s*/, with: "–")
    (edition, publisher) = (field("edition"), field("publisher"))
    (doi, url, note) = (field("DOI"), field("URL"), field("note"))
  }

  /// A text, or a number in its digits.
  private static func text(_ value: JSONValue?) -> String? {
    value?.string ?? value?.number.map { number in Int(exactly: number).map { "\($0)" } ?? "\(number)" }
  }

  private static func names(_ value: JSONValue?) -> [Name] {
    (value?.array ?? []).compactMap { name in
      if let literal = name["literal"]?.string { return Name(family: literal) }
      guard let family = name["family"]?.string else { return nil }
      let particle = name["non-dropping-particle"]?.string ?? name["dropping-particle"]?.string
      return Name(
        given: name["given"]?.string ?? "", family: particle.map { "\($0) \(family)" } ?? family,
        suffix: name["suffix"]?.string ?? "")
    }
  }
}
