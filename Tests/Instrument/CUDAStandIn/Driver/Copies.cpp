// Memory and copies.

#include <cstdlib>
#include <cstring>

#include "Machine.h"

EXPORTED int cuMemGetInfo_v2(size_t *free, size_t *total) {
  Call call("cuMemGetInfo_v2");
  if (call.refused) return call.refused;
  size_t used = static_cast<size_t>(machine.setting("taken")) + machine.memory.used(current_context);
  *total = static_cast<size_t>(machine.setting("memory"));
  *free = used < *total ? *total - used : 0;
  return SUCCESS;
}

EXPORTED int cuMemAlloc_v2(Address *address, size_t bytes) {
  Call call("cuMemAlloc_v2");
  if (call.refused) return call.refused;
  if (bytes == 0) return INVALID_VALUE;
  long long &left = machine.settings["allocations until refusal"];
  if (left == 0) return OUT_OF_MEMORY;
  size_t used = static_cast<size_t>(machine.setting("taken")) + machine.memory.used(current_context);
  size_t total = static_cast<size_t>(machine.setting("memory"));
  if (used > total || bytes > total - used) return OUT_OF_MEMORY;
  *address = machine.memory.add(bytes, current_context);
  if (*address == 0) return OUT_OF_MEMORY;
  if (left > 0) left--;
  return SUCCESS;
}

EXPORTED int cuMemFree_v2(Address address) {
  Call call("cuMemFree_v2");
  if (call.refused) return call.refused;
  auto found = machine.memory.allocations.find(address);
  if (found == machine.memory.allocations.end() || found->second.context != current_context) return INVALID_VALUE;
  if (machine.memory.remove(address)) return SUCCESS;
  return machine.blame("Something has written beyond the ends of a block of memory.");
}

EXPORTED int cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
  Call call("cuMemHostAlloc");
  if (call.refused) return call.refused;
  if (machine.setting("refuses pinned memory")) return OUT_OF_MEMORY;
  if (posix_memalign(memory, 4096, bytes) != 0) return OUT_OF_MEMORY;
  memset(*memory, 0xff, bytes);
  machine.pinned[*memory] = bytes;
  return SUCCESS;
}

EXPORTED int cuMemFreeHost(void *memory) {
  Call call("cuMemFreeHost");
  if (call.refused) return call.refused;
  if (machine.pinned.erase(memory) == 0) return INVALID_VALUE;
  free(memory);
  return SUCCESS;
}

// MARK: - Copies

/// Whether a range may be copied: within one block, and of whole numbers, of which the smallest have two bytes.
static bool may_copy(Address address, size_t bytes) {
  return bytes > 0 && address % 2 == 0 && bytes % 2 == 0 && machine.memory.find(address, bytes, current_context);
}

/// The bytes of a range when its turn comes; null, and the card is lost, if it is no one's any more.
static unsigned char *now(Address address, size_t bytes, const Context *context) {
  std::lock_guard<std::mutex> held(machine.lock);
  if (machine.memory.find(address, bytes, context)) return machine.memory.bytes(address);
  machine.blame("A copy was under way when its block was freed.");
  return nullptr;
}

EXPORTED int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *handle) {
  Call call("cuMemcpyHtoDAsync_v2");
  if (call.refused) return call.refused;
  auto stream = stream_of(handle);
  if (!stream) return INVALID_HANDLE;
  if (!may_copy(to, bytes) || !from) return INVALID_VALUE;
  Context *context = current_context;
  // Memory that is not page-locked is read before the call returns; what is, when its turn comes.
  auto source = static_cast<const unsigned char *>(from);
  std::vector<unsigned char> kept;
  bool is_pinned = machine.is_pinned(from, bytes);
  if (!is_pinned) kept.assign(source, source + bytes);
  ask(*stream, [=, kept = std::move(kept)]() -> int {
    unsigned char *place = now(to, bytes, context);
    if (place) memcpy(place, is_pinned ? source : kept.data(), bytes);
    return place ? SUCCESS : ILLEGAL_ADDRESS;
  });
  return SUCCESS;
}

EXPORTED int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *handle) {
  Call call("cuMemcpyDtoHAsync_v2");
  if (call.refused) return call.refused;
  auto stream = stream_of(handle);
  if (!stream) return INVALID_HANDLE;
  if (!may_copy(from, bytes) || !to) return INVALID_VALUE;
  Context *context = current_context;
  ask(*stream, [=]() -> int {
    unsigned char *place = now(from, bytes, context);
    if (place) memcpy(to, place, bytes);
    return place ? SUCCESS : ILLEGAL_ADDRESS;
  });
  return SUCCESS;
}

EXPORTED int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void *handle) {
  Call call("cuMemcpyDtoDAsync_v2");
  if (call.refused) return call.refused;
  auto stream = stream_of(handle);
  if (!stream) return INVALID_HANDLE;
  bool is_apart = to + bytes <= from || from + bytes <= to;
  if (!may_copy(to, bytes) || !may_copy(from, bytes) || !is_apart) return INVALID_VALUE;
  Context *context = current_context;
  ask(*stream, [=]() -> int {
    unsigned char *target = now(to, bytes, context), *source = now(from, bytes, context);
    if (target && source) memcpy(target, source, bytes);
    return target && source ? SUCCESS : ILLEGAL_ADDRESS;
  });
  return SUCCESS;
}

EXPORTED int cuMemsetD8Async(Address to, unsigned char value, size_t bytes, void *handle) {
  Call call("cuMemsetD8Async");
  if (call.refused) return call.refused;
  auto stream = stream_of(handle);
  if (!stream) return INVALID_HANDLE;
  if (!may_copy(to, bytes)) return INVALID_VALUE;
  Context *context = current_context;
  ask(*stream, [=]() -> int {
    unsigned char *place = now(to, bytes, context);
    if (place) memset(place, value, bytes);
    return place ? SUCCESS : ILLEGAL_ADDRESS;
  });
  return SUCCESS;
}
