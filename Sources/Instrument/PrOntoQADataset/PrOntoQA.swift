/// PrOntoQA: questions about an invented ontology, their chains of thought, and the results of models that answered them.
///
/// An example states facts about concepts ("Every grimpus is an impus.", "Grimpuses are sunny."), makes an entity a member of two of
/// them, and asks whether the entity has a property. One fact says so, or denies it, of one of the two. (Of the other the distractors
/// may say "is a" so often that it leads there as well, on a longer way: they are drawn as in the prompts that the stand-in model learnt
/// from.) The gold chain of thought has three steps (the concept, its property, the conclusion) and proves what is true; the answer is
/// False if the fact denies what the question asks.
/// The task is Saparov and He's (2023, "Language Models Are Greedy Reasoners"), in the one-hop form of the original notebook.
///
/// Promises: a sentence that is generated parses back to the fact that it states; words are compared whole, so that an "impus" is not
/// found within a "grimpus"; a results file is read as what it means (labels as truth values, lists as lists) and written again byte for
/// byte; what does not fit is an error with its file, row and line.
public enum PrOntoQA {
  /// The invented concepts.
  public static let concepts = [
    "grimpus", "lorpus", "wumpus", "zumpus", "sterpus", "numpus", "jompus", "brimpus", "yumpus", "tumpus", "dumpus", "vumpus",
    "rompus", "lempus", "gorpus", "shumpus", "impus",
  ]

  /// The names of those who belong to the concepts.
  public static let entities = ["Fae", "Rex", "Sally", "Max", "Alex", "Sam", "Polly", "Stella", "Wren"]

  /// The properties of entities and concepts, by what they are about.
  public static let propertyFamilies = [
    "colour": ["blue", "red", "brown", "orange"], "size": ["small", "large"],
    "material": ["metallic", "wooden", "luminous", "liquid"],
    "opacity": ["transparent", "opaque"], "mood": ["nervous", "happy", "feisty", "shy"], "brightness": ["bright", "dull"],
    "taste": ["sweet", "sour", "spicy", "bitter"], "scent": ["floral", "fruity", "earthy"],
    "temperature": ["hot", "cold", "temperate"],
    "temper": ["kind", "mean", "angry", "amenable", "aggressive"], "sound": ["melodic", "muffled", "discordant", "loud"],
    "speed": ["slow", "moderate", "fast"], "weather": ["windy", "sunny", "overcast", "rainy", "snowy"],
  ]

  /// All properties, in the order of their families' names.
  public static let properties = propertyFamilies.sorted { $0.key < $1.key }.flatMap(\.value)

  /// What a prompt begins with.
  public static let instruction = "Answer True or False to the following question. Answer as in the examples."
}

/// What can be wrong with a results file or a prompt.
public enum PrOntoQAError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file that cannot be read, or not be written.
  case file(String, problem: String)
  /// A row of a results file; `line` is where it begins.
  case row(file: String, number: Int, line: Int, problem: String, advice: String)
  /// A prompt that holds no example of the task.
  case prompt(problem: String)
  /// A chain of thought that does not begin with one of the example's species.
  case chain(first: String?, species: [String])
  /// An example that has no pair of prompts for a decision.
  case contrast(_ reason: String)
  /// More facts or examples than the words allow.
  case generator(String)

  /// The cause, with the file, the row and its line where there are some.
  public var description: String {
    switch self {
    case .file(let file, let problem): "\(file): \(problem)"
    case .row(let file, let number, let line, let problem, let advice):
      "\(file):\(line): row \(number): \(problem). \(advice)"
    case .prompt(let problem): "The prompt is no PrOntoQA question: \(problem)."
    case .chain(let first, let species):
      "The chain of thought begins with '\(first ?? "nothing")', and must name one of: \(species.joined(separator: ", "))."
    case .contrast(let reason): "The example has no corrupted prompt: \(reason)."
    case .generator(let problem): problem
    }
  }
}
