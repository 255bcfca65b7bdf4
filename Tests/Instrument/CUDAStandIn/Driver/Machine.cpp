#include "Machine.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "CUDADriverStandIn.h"

Machine machine;
thread_local Context *current_context;

// MARK: - Memory

/// As `float`, 0xffc5a5a5 is not a number.
static unsigned char border_byte(size_t offset) {
  static const unsigned char pattern[4] = {0xa5, 0xa5, 0xc5, 0xff};
  return pattern[offset % 4];
}

static size_t rounded(size_t bytes) { return (bytes + 511) / 512 * 512; }

Address Memory::add(size_t bytes, Context *context) {
  if (!base) {
    void *memory = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return 0;
    base = static_cast<unsigned char *>(memory);
  }
  // An address is never given out again: whoever uses it after its end is found out.
  size_t whole = rounded(bytes) + 2 * border;
  if (whole > room - top) return 0;
  unsigned char *start = base + top;
  for (size_t i = 0; i < border; i++) start[i] = border_byte(i);
  memset(start + border, 0xff, bytes);
  for (size_t i = border + bytes; i < whole; i++) start[i] = border_byte(i);
  Address address = first + top + border;
  allocations[address] = {context, bytes};
  top += whole;
  return address;
}

bool Memory::has_whole_borders(Address start) const {
  size_t bytes = allocations.at(start).bytes;
  const unsigned char *block = base + (start - first) - border;
  for (size_t i = 0; i < border; i++)
    if (block[i] != border_byte(i)) return false;
  for (size_t i = border + bytes; i < rounded(bytes) + 2 * border; i++)
    if (block[i] != border_byte(i)) return false;
  return true;
}

bool Memory::remove(Address address) {
  bool whole = has_whole_borders(address);
  size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_t bytes = allocations.at(address).bytes;
  uintptr_t begin = (reinterpret_cast<uintptr_t>(this->bytes(address)) + page - 1) / page * page;
  uintptr_t end = reinterpret_cast<uintptr_t>(this->bytes(address) + bytes) / page * page;
  if (end > begin) madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
  allocations.erase(address);
  return whole;
}

const Allocation *Memory::find(Address address, size_t bytes, const Context *context, Address *start) const {
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin()) return nullptr;
  auto found = std::prev(next);
  size_t offset = address - found->first;
  if (found->second.context != context || offset > found->second.bytes || bytes > found->second.bytes - offset) return nullptr;
  if (start) *start = found->first;
  return &found->second;
}

size_t Memory::used(const Context *context) const {
  size_t all = 0;
  for (const auto &[address, allocation] : allocations)
    if (allocation.context == context) all += rounded(allocation.bytes);
  return all;
}

// MARK: - Machine

int Machine::blame(const std::string &what, int result) {
  if (fault.empty()) fault = what;
  if (lost == SUCCESS) lost = result;
  return result;
}

bool Machine::is_pinned(const void *pointer, size_t bytes) const {
  auto next = pinned.upper_bound(const_cast<void *>(pointer));
  if (next == pinned.begin()) return false;
  auto found = std::prev(next);
  size_t offset = static_cast<size_t>(static_cast<const char *>(pointer) - static_cast<const char *>(found->first));
  return offset <= found->second && bytes <= found->second - offset;
}

template <class Map, class Of>
static long long removed(Map &map, Of is_of) {
  long long count = 0;
  for (auto entry = map.begin(); entry != map.end();) {
    if (is_of(*entry)) entry = map.erase(entry), count++;
    else ++entry;
  }
  return count;
}

void Machine::end(Context *context) {
  long long left = 0;
  for (auto entry = memory.allocations.begin(); entry != memory.allocations.end();) {
    Address address = entry->first;
    bool is_own = entry->second.context == context;
    ++entry;
    if (is_own) memory.remove(address), left++;
  }
  removed(functions, [=](const auto &entry) { return entry.second->module->context == context; });
  auto is_own = [=](const auto &entry) { return entry.second->context == context; };
  left += removed(modules, is_own) + removed(events, is_own) + removed(streams, is_own);
  counts["leaks"] += left;
}

Call::Call(const char *name, bool needs_context) : refused(SUCCESS), held(machine.lock) {
  machine.counts["calls"]++;
  machine.counts[name]++;
  long long &left = machine.settings["lost at"];
  if (left > 0 && --left == 0) machine.lost = static_cast<int>(machine.setting("lost with"));
  if (machine.lost != SUCCESS) refused = machine.lost;
  else if (!machine.is_started) refused = NOT_INITIALIZED;
  else if (needs_context && (!current_context || current_context->holders == 0)) refused = INVALID_CONTEXT;
}

// MARK: - For the tests

EXPORTED int stand_in_set(const char *name, long long value) {
  std::lock_guard<std::mutex> held(machine.lock);
  auto found = machine.settings.find(name);
  if (found == machine.settings.end()) return 0;
  found->second = value;
  return 1;
}

EXPORTED long long stand_in_get(const char *name) {
  std::lock_guard<std::mutex> held(machine.lock);
  std::string wanted = name;
  if (auto found = machine.settings.find(wanted); found != machine.settings.end()) return found->second;
  if (wanted == "allocations") return static_cast<long long>(machine.memory.allocations.size());
  if (wanted == "pinned") return static_cast<long long>(machine.pinned.size());
  if (wanted == "streams") return static_cast<long long>(machine.streams.size());
  if (wanted == "events") return static_cast<long long>(machine.events.size());
  if (wanted == "modules") return static_cast<long long>(machine.modules.size());
  long long contexts = 0, bytes = 0;
  for (const Context &context : machine.contexts) contexts += context.holders > 0;
  for (const auto &[address, allocation] : machine.memory.allocations) bytes += static_cast<long long>(allocation.bytes);
  if (wanted == "contexts") return contexts;
  if (wanted == "allocated bytes") return bytes;
  auto found = machine.counts.find(wanted);
  return found == machine.counts.end() ? (wanted.compare(0, 2, "cu") == 0 || wanted == "leaks" || wanted == "calls" ? 0 : -1)
                                       : found->second;
}

EXPORTED const char *stand_in_fault(void) {
  std::lock_guard<std::mutex> held(machine.lock);
  // Faults are never taken back, so the text stays.
  return machine.fault.c_str();
}
