// The state of the stand-in: the cards of one machine, and what lies on them.

#ifndef FOLIO_STANDIN_MACHINE_H
#define FOLIO_STANDIN_MACHINE_H

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#define EXPORTED extern "C" __attribute__((visibility("default")))

using Address = uint64_t;

/// The driver's results (`CUresult`), with its numbers.
enum Result {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  NO_BINARY_FOR_GPU = 209,
  UNSUPPORTED_PTX_VERSION = 222,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
  LAUNCH_FAILED = 719,
};

/// A card's primary context. There is one for each card; it lives while somebody holds it.
struct Context {
  int device = 0;
  int holders = 0;
};

/// A queue of work. It is done when somebody waits for it.
struct Stream {
  Context *context = nullptr;
  std::deque<std::function<int()>> waiting;
  uint64_t asked = 0, done = 0;
  /// Held by the thread that does the work, which is done in order.
  std::mutex working;
};

struct Event {
  Context *context = nullptr;
  bool has_time = true;
  std::shared_ptr<Stream> stream;
  /// How much of the stream's work is done when the event has come.
  uint64_t position = 0;
  double time = 0;
};

struct Module {
  Context *context = nullptr;
  /// The program that it was made of.
  std::string text;
};

struct Function {
  Module *module = nullptr;
  std::string name;
  struct Parameter {
    size_t bytes;
    bool is_pointer;
  };
  std::vector<Parameter> parameters;
  int dynamic_shared = 48 << 10;
};

struct Allocation {
  Context *context = nullptr;
  size_t bytes = 0;
};

/// The cards' memory: addresses that mean nothing to the host, and behind them, elsewhere, bytes of its own.
class Memory {
 public:
  /// What never was written, and the borders around each block, are no numbers as `float`.
  static constexpr size_t border = 512;

  /// A poisoned block; 0 if there is no room in the address space.
  Address add(size_t bytes, Context *context);
  /// Returns whether the borders are whole.
  bool remove(Address address);
  /// The block that a range lies in; null if it lies in none, or in another context's.
  const Allocation *find(Address address, size_t bytes, const Context *context, Address *start = nullptr) const;
  bool has_whole_borders(Address start) const;
  unsigned char *bytes(Address address) const { return base + (address - first); }

  std::map<Address, Allocation> allocations;
  size_t used(const Context *context) const;

 private:
  static constexpr Address first = 0x00d0'0000'0000'0000;
  static constexpr size_t room = size_t(64) << 30;
  unsigned char *base = nullptr;
  size_t top = 0;
};

struct Machine {
  /// Held by every call.
  std::mutex lock;

  std::map<std::string, long long> settings = {
      {"cards", 1},
      {"memory", 4ll << 30},               // Bytes of each card.
      {"taken", 0},                        // Bytes of each card that other processes have.
      {"capability", 90},                  // 10 · major + minor.
      {"driver version", 13000},           // 1000 · major + 10 · minor of the CUDA that the driver is for.
      {"start result", SUCCESS},           // What `cuInit` says.
      {"context result", SUCCESS},         // What the driver says to a process that wants a card.
      {"lost at", 0},                      // The call, counted from now on, at which the cards are lost; 0 for never.
      {"lost with", ILLEGAL_ADDRESS},      // What it says then, and ever after.
      {"allocations until refusal", -1},   // So many more are carried out; then there is no memory. -1 for no end.
      {"refuses pinned memory", 0},        // Whether there is no page-locked memory to be had.
      {"backwards", 0},                    // Whether the threads of kernels run in the opposite order.
  };
  std::map<std::string, long long> counts;
  std::string fault;

  bool is_started = false;
  int lost = SUCCESS;
  Context contexts[16];
  Memory memory;
  std::map<void *, size_t> pinned;
  std::map<Stream *, std::shared_ptr<Stream>> streams;
  std::map<Event *, std::shared_ptr<Event>> events;
  std::map<Module *, std::unique_ptr<Module>> modules;
  std::map<Function *, std::unique_ptr<Function>> functions;

  long long setting(const char *name) const { return settings.at(name); }
  /// Notes what must not be; the card is lost by it.
  int blame(const std::string &what, int result = ILLEGAL_ADDRESS);
  bool is_pinned(const void *pointer, size_t bytes) const;
  /// Ends what is left of a context, as leaks.
  void end(Context *context);
};

extern Machine machine;
extern thread_local Context *current_context;

/// One call of the driver: it is counted, and refused if the machine has not started, has lost its cards, or if the thread has no context.
class Call {
 public:
  explicit Call(const char *name, bool needs_context = true);
  int refused;
  void unlock() { held.unlock(); }

 private:
  std::unique_lock<std::mutex> held;
};

/// Does the work of a stream, up to this position. The machine is not locked meanwhile.
int work(const std::shared_ptr<Stream> &stream, uint64_t position);
/// Adds work to a stream, which exists. Call it with the machine locked.
void ask(Stream &stream, std::function<int()> job);
/// The stream of a handle in the thread's context; null if there is none.
std::shared_ptr<Stream> stream_of(void *handle);

#endif
