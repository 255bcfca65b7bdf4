/// What one sentence states.
public enum Fact: Hashable, Sendable {
  /// Every `concept` is (not) an `other`.
  case isA(concept: String, other: String, negated: Bool)
  /// Every `concept` is (not) `property`.
  case has(concept: String, property: String, negated: Bool)
  /// The entity is (not) a `concept`.
  case member(entity: String, concept: String, negated: Bool)
  /// The entity is (not) `property`.
  case trait(entity: String, property: String, negated: Bool)

  /// How a sentence speaks of all of a concept.
  public enum Form: String, CaseIterable, Sendable {
    /// `Grimpuses are sunny.`
    case plural
    /// `Each grimpus is sunny.`
    case each
    /// `Every grimpus is sunny.`
    case every
  }

  /// Reads a sentence, with or without its full stop; nil if it has none of the task's forms.
  public init?(_ sentence: some StringProtocol) {
    var words = String(sentence).split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count >= 3, let last = words.popLast() else { return nil }
    words.append(last.hasSuffix(".") ? String(last.dropLast()) : last)
    guard let verb = words.firstIndex(where: { $0 == "is" || $0 == "are" }) else { return nil }
    let subject = words[..<verb]
    let rest = words[(verb + 1)...]
    let negated = rest.first == "not"
    let predicate = Array(negated ? rest.dropFirst() : rest)
    switch (subject.count, words[verb]) {
    case (1, "are"):
      guard let concept = Self.singular(subject[0]), predicate.count == 1 else { return nil }
      self = Self.general(concept, Self.singular(predicate[0]), property: predicate[0], negated)
    case (2, "is") where ["Each", "Every"].contains(subject[0]):
      guard let (other, property) = Self.predicate(predicate) else { return nil }
      self = Self.general(subject[1], other, property: property, negated)
    case (1, "is") where !["Each", "Every"].contains(subject[0]):
      guard let (concept, property) = Self.predicate(predicate) else { return nil }
      self =
        if let concept {
          .member(entity: subject[0], concept: concept, negated: negated)
        } else {
          .trait(entity: subject[0], property: property, negated: negated)
        }
    default: return nil
    }
  }

  private static func general(_ concept: String, _ other: String?, property: String, _ negated: Bool) -> Fact {
    if let other { return .isA(concept: concept, other: other, negated: negated) }
    return .has(concept: concept, property: property, negated: negated)
  }

  /// `a grimpus` is a concept, `sunny` a property.
  private static func predicate(_ words: [String]) -> (concept: String?, property: String)? {
    switch words.count {
    case 1 where !["a", "an", "not"].contains(words[0]): (nil, words[0])
    case 2 where ["a", "an"].contains(words[0]): (words[1], words[1])
    default: nil
    }
  }

  /// `Grimpuses` is one `grimpus`, `sunny` none.
  private static func singular(_ word: String) -> String? {
    let word = word.lowercased()
    return word.hasSuffix("puses") ? String(word.dropLast(2)) : nil
  }

  /// The sentence that states the fact.
  public func sentence(_ form: Form = .every) -> String {
    func no(_ negated: Bool) -> String { negated ? "not " : "" }
    switch self {
    case .isA(let concept, let other, let negated):
      return form == .plural
        ? "\(concept.capitalizedWord)es are \(no(negated))\(other)es."
        : "\(form.rawValue.capitalizedWord) \(concept) is \(no(negated))\(Self.article(other)) \(other)."
    case .has(let concept, let property, let negated):
      return form == .plural
        ? "\(concept.capitalizedWord)es are \(no(negated))\(property)."
        : "\(form.rawValue.capitalizedWord) \(concept) is \(no(negated))\(property)."
    case .member(let entity, let concept, let negated):
      return "\(entity) is \(no(negated))\(Self.article(concept)) \(concept)."
    case .trait(let entity, let property, let negated): return "\(entity) is \(no(negated))\(property)."
    }
  }

  /// `an` before a vowel.
  static func article(_ word: String) -> String { word.first.map { "aeiou".contains($0) } == true ? "an" : "a" }
}

extension String {
  fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}
