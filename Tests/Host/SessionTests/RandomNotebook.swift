/// Notebooks whose cells change each other's state in every way that Swift has, and edits of them, at random.
struct RandomNotebook {
  /// Linear congruential, Knuth's constants: the same edits each time.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  /// A way to hold state: a cell that defines it, and cells that change or show it. `#` stands for a small number.
  private struct Way {
    var definition: String
    var steps: [String]
  }

  private static let ways = [
    Way(
      definition: "var a = #",
      steps: ["a += #", "a = #", "a", "print(a)", "let b# = a\nb#", "swap(&a, &spare)", "a = a", "a += 0"]),
    Way(
      definition: "var xs = [1, #]",
      steps: ["xs.append(#)", "xs[0] = #", "xs", "xs.removeAll { $0 == # }", "xs.sort()", "for x in xs { a += x }"]),
    Way(
      definition: "let constant = #\nlet words = [\"a\", \"b#\"]",
      steps: ["constant + #", "words.joined() + \"#\"", "a += constant"]),
    Way(
      definition:
        "enum Knobs { static var t = #; enum Inner { static var u = \"x\" }; static let k = #\n static var made = print(\"made\") }",
      steps: [
        "Knobs.t = #", "Knobs.t += a", "Knobs.Inner.u += \"#\"", "print(Knobs.t, Knobs.Inner.u, Knobs.k)", "Knobs.made",
        "Knobs.t",
      ]),
    Way(
      definition:
        "final class Shared { static let one = Shared(); var s = [#]; class var c: Int { one.s.count } }\nextension Shared { static var extra = # }",
      steps: [
        "Shared.one.s.append(#)", "print(Shared.one.s)", "Shared.c", "Shared.extra += #", "Shared.extra",
        "let held = Shared.one\nheld.s[0] = #",
      ]),
    Way(
      definition: "var history: [Int] = [#]\nvar watched = 0 { didSet { history.append(watched) } willSet { spare += 1 } }",
      steps: ["watched = #", "history", "watched += 1\nwatched", "print(history, spare)"]),
    Way(
      definition: """
        struct Bag { var n = #
          mutating func reduce(_ k: Int) { n += k }
          mutating func callAsFunction(_ k: Int) { n -= k }
          var next: Int { mutating get { n += 1; return n } }
          subscript(i: Int) -> Int { get { n + i } set { n = newValue * i } }
          lazy var slow: Int = { spare += 1; return n }()
          static func << (b: inout Bag, k: Int) { b.n += k } }
        var bag = Bag()
        """,
      steps: [
        "bag.reduce(#)", "bag(#)", "bag.next", "bag[#] = #", "bag.slow", "bag << #", "bag.n", "bag = Bag()",
        "let copy# = bag\ncopy#.n",
      ]),
    Way(
      definition: "func change(_ x: inout Int, by k: Int = #) { x += k }\nfunc up() -> Int { a += #; return a }",
      steps: ["change(&a)", "change(&a, by: #)", "up()", "change(&Knobs.t)", "func up() -> Int { # }\nup()"]),
    Way(
      definition:
        "func counter() -> () -> Int { var n = #; return { n += 1; return n } }\nlet count = counter()\nlet bump = { a += # }",
      steps: ["count()", "bump()", "let other# = counter()\nother#()", "print(count())"]),
    Way(
      definition: "actor Keeper { var n = #; func add(_ k: Int) { n += k }; static let main = Keeper() }\nlet keeper = Keeper()",
      steps: [
        "await keeper.add(#)", "print(await keeper.n)", "await Keeper.main.add(#)", "await Keeper.main.n",
        "await Task { a += # }.value",
      ]),
    Way(
      definition: """
        @propertyWrapper struct Counted { private var value: Int; static var uses = 0
          init(wrappedValue: Int) { value = wrappedValue }
          var wrappedValue: Int { get { Self.uses += 1; return value } set { value = newValue } } }
        struct Form { @Counted var x = # }
        var form = Form()
        """, steps: ["form.x = #", "form.x", "Counted.uses", "print(form.x, Counted.uses)"]),
    Way(
      definition:
        "final class Node { var n = #; var next: Node?; init(_ n: Int) { self.n = n }; deinit { gone += 1 } }\nvar gone = 0\nvar root: Node? = Node(#)\nlet path: ReferenceWritableKeyPath<Node, Int> = \\.n",
      steps: [
        "root?.n += #", "root?.next = Node(#)", "root = nil", "root = Node(#)", "gone", "root?.n ?? -1",
        "root.map { $0[keyPath: path] = # }", "root.map { $0[keyPath: path] } ?? 0",
        "var alias# = root\nalias#?.n = #", "root?.next?.n ?? 0",
      ]),
    Way(
      definition:
        "protocol Plays { var score: Int { get set } }\nextension Plays { mutating func play(_ k: Int) { score += k } }\nstruct P: Plays { var score = # }\nstruct Q: Plays { var score: Int { get { spare } set { spare = newValue } } }\nvar player: any Plays = P()",
      steps: ["player.play(#)", "player = Q()", "player = P(score: #)", "player.score", "print(player.score, spare)"]),
    Way(
      definition:
        "enum Light { case red, green(Int); mutating func turn() { if case .green(let n) = self { self = n > 2 ? .red : .green(n + 1) } else { self = .green(#) } } }\nvar light = Light.red",
      steps: ["light.turn()", "print(light)", "light = .green(#)"]),
    Way(
      definition:
        "func + (l: Int, r: Box) -> Int { r.n += 1; return l }\nfinal class Box { var n = # }\nlet box = Box()\nprefix operator +++\nprefix func +++ (x: inout Int) { x += # }",
      steps: ["# + box", "box.n", "+++a", "box.n *= 2", "let same# = box\nsame#.n += #"]),
    Way(
      definition:
        "extension Int { static var calls = #; func plus() -> Int { Int.calls += 1; return self + a }; var doubled: Int { self * 2 } }",
      steps: ["#.plus()", "Int.calls", "a.doubled", "Int.calls = #"]),
    Way(
      definition: "var buffer: [Double] = [1, 2, #]\nvar raw = #",
      steps: [
        "buffer.withUnsafeMutableBufferPointer { $0[0] = # }", "buffer", "withUnsafeMutablePointer(to: &raw) { $0.pointee += # }",
        "raw", "withUnsafeMutableBytes(of: &raw) { $0[0] = # }",
        "_ = memset(&raw, 0, 4)",
      ]),
    Way(
      definition:
        "let pointer = UnsafeMutablePointer<Int>.allocate(capacity: 1)\npointer.initialize(to: #)\nlet list = NSMutableArray(array: [#])",
      steps: ["pointer.pointee += #", "pointer.pointee", "list.add(#)", "list.count", "print(list)"]),
    Way(
      definition: "import Synchronization\nlet mutex = Mutex(#)\nlet atomic = Atomic(#)",
      steps: [
        "mutex.withLock { $0 += # }", "mutex.withLock { $0 }", "atomic.store(#, ordering: .relaxed)",
        "atomic.load(ordering: .relaxed)",
      ]),
    Way(
      definition: "setenv(\"RANDOM_NOTEBOOK\", \"#\", 1)\nsrand48(#)\nsrandom(#)",
      steps: [
        "setenv(\"RANDOM_NOTEBOOK\", \"#\", 1)", "String(cString: getenv(\"RANDOM_NOTEBOOK\") ?? strdup(\"none\"))", "drand48()",
        "random()", "srand48(#)",
        "umask(0o2#)", "let mask# = umask(0)\numask(mask#)\nmask#", "chdir(\"..\")",
        "FileManager.default.currentDirectoryPath.count", "setlocale(LC_ALL, \"C\")\nString(cString: setlocale(LC_ALL, nil))",
      ]),
    Way(definition: "optind = #", steps: ["optind += #", "print(optind)"]),
    Way(
      definition: "var table: [String: Int] = [\"x\": #]\nvar pair = (a: 1, b: [#])\nvar maybe: Int? = #",
      steps: [
        "table[\"y\", default: 0] += #", "table.count", "pair.b.append(#)", "print(pair)", "maybe? += #", "maybe = nil",
        "maybe ?? -1", "table[\"x\"] = nil", "(pair.a, a) = (a, pair.a)",
      ]),
    Way(
      definition:
        "struct Stack<T> { var items: [T] = []; mutating func push(_ x: T) { items.append(x) } }\nvar stack = Stack(items: [#])\nfunc each(_ f: (inout Int) -> Void) { for i in xs.indices { f(&xs[i]) } }",
      steps: ["stack.push(#)", "stack.items", "each { $0 += # }", "each { $0 *= 2; a += $0 }"]),
    Way(
      definition: "try \"#\".write(toFile: \"data.txt\", atomically: true, encoding: .utf8)",
      steps: [
        "(try? String(contentsOfFile: \"data.txt\", encoding: .utf8)) ?? \"none\"",
        "try \"#\".write(toFile: \"data.txt\", atomically: false, encoding: .utf8)",
        "FileManager.default.fileExists(atPath: \"data#.txt\")",
        "try \"#\".write(toFile: \"data#.txt\", atomically: true, encoding: .utf8)",
        "try FileManager.default.contentsOfDirectory(atPath: \".\").filter { $0.hasPrefix(\"data\") }.sorted()",
        "try? FileManager.default.removeItem(atPath: \"data#.txt\")",
      ]),
  ]

  var random: Generator
  private var picked: [Int] = []
  private var heads: [String] = []
  private var steps: [String] = []

  init(seed: UInt64) {
    random = Generator(state: seed &* 77_777 &+ 12_345)
    _ = random.next()
    // The first three are used by the others.
    picked = [0, 1, 3] + (4..<Self.ways.count).shuffled(using: &random).prefix(3)
    if Bool.random(using: &random) { picked.append(2) }
    heads = picked.map { way in fill(Self.ways[way].definition) }
    steps = (0..<7).map { _ in step() }
  }

  var cells: [String] { ["var spare = 0"] + heads + steps }

  private mutating func fill(_ text: String) -> String {
    let number = Int.random(in: 1...3, using: &random)
    return text.replacing("#", with: "\(number)")
  }

  private mutating func step() -> String {
    let way = picked.randomElement(using: &random) ?? 0
    return fill(Self.ways[way].steps.randomElement(using: &random) ?? "a")
  }

  /// Changes the notebook as an author would.
  mutating func edit() {
    switch Int.random(in: 0..<8, using: &random) {
    case 0:
      let index = heads.indices.randomElement(using: &random) ?? 0
      heads[index] = fill(Self.ways[picked[index]].definition)
    case 1: steps.insert(step(), at: Int.random(in: 0...steps.count, using: &random))
    case 2 where steps.count > 4: steps.remove(at: Int.random(in: 0..<steps.count, using: &random))
    case 3: steps.swapAt(Int.random(in: 0..<steps.count, using: &random), Int.random(in: 0..<steps.count, using: &random))
    case 4:
      // Nothing that matters: a comment.
      let index = heads.indices.randomElement(using: &random) ?? 0
      heads[index] += " // \(Int.random(in: 1...3, using: &random))"
    default: steps[Int.random(in: 0..<steps.count, using: &random)] = step()
    }
  }
}
