// What memory a cell reads and changes, as Swift's own exclusivity checks tell it. See CWorker.h.
//
// Compiled Swift calls `swift_beginAccess` before it reads or changes a global variable, a static member, a captured variable or a stored
// property of an object. The worker's function of that name comes before the runtime's for every library that is loaded later; it
// notes the address, and goes on to the runtime's. A variable is told by its symbol. An object is told by the run that made it: the worker's
// `swift_allocObject` notes for each piece of memory which run that was.

#define _GNU_SOURCE
#include "include/CWorker.h"
#include "trampoline.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define VISIBLE __attribute__((visibility("default")))

/// The run that accesses belong to; 0 while no cell runs.
static _Atomic uint32_t current_run = 0;

// MARK: - Who made which object

// One number of two bytes for each 16 bytes of memory: the run that made the object there. A leaf serves 16 megabytes, and is made when the first
// object lies in them; the pages of both levels are the kernel's until they are written to.
#define GRANULE_BITS 4
#define LEAF_BITS 24
#define ADDRESS_BITS 47
#define LEAF_GRANULES ((size_t)1 << (LEAF_BITS - GRANULE_BITS))
/// Stored properties lie in an object's first bytes; what follows is the elements of a buffer, which are not accessed this way.
#define TRACKED_BYTES 4096

typedef uint16_t owner;
static _Atomic(owner *) leaves[(size_t)1 << (ADDRESS_BITS - LEAF_BITS)];

static owner *leaf_for(uintptr_t address, bool make) {
  if (address >> ADDRESS_BITS) return NULL;
  _Atomic(owner *) *place = &leaves[address >> LEAF_BITS];
  owner *leaf = atomic_load_explicit(place, memory_order_acquire);
  if (leaf || !make) return leaf;
  owner *new = mmap(NULL, LEAF_GRANULES * sizeof(owner), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (new == MAP_FAILED) return NULL;
  if (atomic_compare_exchange_strong(place, &leaf, new)) return new;
  munmap(new, LEAF_GRANULES * sizeof(owner));
  return leaf;
}

static void set_owner(void *object, size_t size) {
  uint32_t run = atomic_load_explicit(&current_run, memory_order_relaxed);
  uintptr_t address = (uintptr_t)object, end = address + (size < TRACKED_BYTES ? size : TRACKED_BYTES);
  for (; address < end; address += 1 << GRANULE_BITS) {
    // Memory of an earlier run's object may lie here again while no cell runs: then it is nobody's.
    owner *leaf = leaf_for(address, run != 0);
    if (leaf) leaf[(address >> GRANULE_BITS) & (LEAF_GRANULES - 1)] = (owner)run;
  }
}

static uint32_t owner_of(uintptr_t address) {
  owner *leaf = leaf_for(address, false);
  return leaf ? leaf[(address >> GRANULE_BITS) & (LEAF_GRANULES - 1)] : 0;
}

// MARK: - What was accessed

enum { READ = 1, CHANGED = 2 };

static _Atomic uint8_t objects[1 << 16];  // By the run that made them.
/// Whether a run made instances of classes: what a key path may lead to. By run, also of earlier ones.
static _Atomic bool made_instances[1 << 16];
/// What was done by key paths, which the runtime follows on its own: to any of these instances.
static _Atomic uint8_t by_key_paths = 0;

/// The variables of cells' libraries, by address.
static struct variable {
  uintptr_t start, end;
  _Atomic uint8_t kinds;
} *variables = NULL;
static size_t variable_count = 0;
static pthread_rwlock_t variables_lock = PTHREAD_RWLOCK_INITIALIZER;

/// What belongs to no cell: variables of libraries, and memory that nobody is known for. By name.
#define MOST_OTHERS 256
static struct other {
  char *name;
  uint8_t kinds;
} others[MOST_OTHERS];
static size_t other_count = 0;
static pthread_mutex_t others_lock = PTHREAD_MUTEX_INITIALIZER;

static struct variable *variable_at(uintptr_t address) {
  size_t low = 0, high = variable_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (variables[middle].end <= address) low = middle + 1;
    else high = middle;
  }
  return low < variable_count && address >= variables[low].start ? &variables[low] : NULL;
}

static bool is_on_own_stack(uintptr_t address) {
  static _Thread_local uintptr_t low = 0, high = 0;
  if (!high) {
    pthread_attr_t attributes;
    void *start = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstack(&attributes, &start, &size);
      pthread_attr_destroy(&attributes);
    }
    low = (uintptr_t)start, high = low + size + 1;
  }
  return address >= low && address < high;
}

static void note_named(const char *name, uint8_t kind) {
  pthread_mutex_lock(&others_lock);
  size_t i = 0;
  while (i < other_count && strcmp(others[i].name, name) != 0) i++;
  // Where there is no room, the last one stands for all others.
  if (i == MOST_OTHERS) i--;
  if (i == other_count) {
    others[i] = (struct other){strdup(name), 0};
    if (others[i].name) other_count++;
  }
  if (i < other_count) others[i].kinds |= kind;
  pthread_mutex_unlock(&others_lock);
}

static void note_other(uintptr_t address, uint8_t kind) {
  char name[300] = "memory that no cell made";
  Dl_info info;
  if (dladdr((void *)address, &info) && info.dli_fname) {
    const char *file = strrchr(info.dli_fname, '/');
    snprintf(name, sizeof name, "'%s' of %s", info.dli_sname ? info.dli_sname : "data", file ? file + 1 : info.dli_fname);
  }
  note_named(name, kind);
}

struct recent {
  uintptr_t address;
  uint32_t run;
  uint32_t kinds;
};
static _Thread_local struct recent recents[64];
static _Thread_local bool is_noting_access = false;

static __attribute__((noinline)) void note_access(uintptr_t address, uint32_t kind, uint32_t run, uintptr_t caller, struct recent *recent) {
  // What the worker does for itself (its caches, say) ties no cells together.
  if (folio_is_worker_code(caller) || is_noting_access) return;
  is_noting_access = true;
  uint32_t maker = owner_of(address);
  if (maker) {
    atomic_fetch_or_explicit(&objects[maker], (uint8_t)kind, memory_order_relaxed);
  } else {
    pthread_rwlock_rdlock(&variables_lock);
    struct variable *variable = variable_at(address);
    if (variable) atomic_fetch_or_explicit(&variable->kinds, (uint8_t)kind, memory_order_relaxed);
    pthread_rwlock_unlock(&variables_lock);
    if (!variable && !is_on_own_stack(address)) note_other(address, (uint8_t)kind);
  }
  if (recent->address != address || recent->run != run) *recent = (struct recent){address, run, 0};
  recent->kinds |= kind;
  is_noting_access = false;
}

// MARK: - The runtime's functions

typedef void (*begin_access_function)(void *, void *, uintptr_t, void *);
typedef void *(*alloc_object_function)(const void *, size_t, size_t);
struct box {
  void *object, *value;
};
typedef struct box (*alloc_box_function)(const void *);

static begin_access_function runtimes_begin_access = NULL;
static alloc_object_function runtimes_alloc_object = NULL;
static alloc_box_function runtimes_alloc_box = NULL;

VISIBLE void swift_beginAccess(void *pointer, void *buffer, uintptr_t flags, void *pc) {
  begin_access_function next = runtimes_begin_access;
  if (!next) runtimes_begin_access = next = (begin_access_function)folio_next_symbol("swift_beginAccess");
  uint32_t run = atomic_load_explicit(&current_run, memory_order_relaxed);
  uintptr_t address = (uintptr_t)pointer;
  struct recent *recent = &recents[(address >> 3) & 63];
  uint32_t kind = (flags & 1) ? CHANGED : READ;
  if (run && !(recent->address == address && recent->run == run && (recent->kinds & kind))) {
    note_access(address, kind, run, (uintptr_t)__builtin_return_address(0), recent);
  }
  next(pointer, buffer, flags, pc);
}

VISIBLE void *swift_allocObject(const void *metadata, size_t size, size_t alignment) {
  alloc_object_function next = runtimes_alloc_object;
  if (!next) runtimes_alloc_object = next = (alloc_object_function)folio_next_symbol("swift_allocObject");
  void *object = next(metadata, size, alignment);
  set_owner(object, size);
  uint32_t run = atomic_load_explicit(&current_run, memory_order_relaxed);
  // The first word of a class's metadata is 0 (`swift/ABI/MetadataKind.def`).
  if (run && *(const uintptr_t *)metadata == 0 && !folio_is_worker_code((uintptr_t)__builtin_return_address(0))) made_instances[run] = true;
  return object;
}

/// What holds a captured variable whose size the compiler does not know.
VISIBLE struct box swift_allocBox(const void *metadata) {
  alloc_box_function next = runtimes_alloc_box;
  if (!next) runtimes_alloc_box = next = (alloc_box_function)folio_next_symbol("swift_allocBox");
  struct box box = next(metadata);
  // The box's own allocation may have passed us by; its value lies at its end.
  uintptr_t header = (uintptr_t)box.value - (uintptr_t)box.object;
  set_owner(box.object, header + 64);
  return box;
}

// MARK: - Key paths

// The runtime follows a key path in its own code, whose accesses do not pass here. So the functions by which it is asked to are taken over: each notes
// that some instance may have been read or changed, and jumps to the runtime's with all registers as they were.

static void note_key_path(uint8_t kinds, uintptr_t caller) {
  // As with accesses: what the worker's own code follows leads to its own values, and none of its functions takes a path of a cell's to an instance.
  if (current_run && !folio_is_worker_code(caller)) atomic_fetch_or_explicit(&by_key_paths, kinds, memory_order_relaxed);
}

static void note_reading(uintptr_t first, uintptr_t caller) {
  (void)first;
  note_key_path(READ, caller);
}

static void note_changing(uintptr_t first, uintptr_t caller) {
  (void)first;
  note_key_path(READ | CHANGED, caller);
}

TRAMPOLINE(swift_getAtKeyPath, note_reading)
TRAMPOLINE(swift_getAtAnyKeyPath, note_reading)
TRAMPOLINE(swift_getAtPartialKeyPath, note_reading)
TRAMPOLINE(swift_readAtKeyPath, note_reading)
TRAMPOLINE(swift_setAtWritableKeyPath, note_changing)
TRAMPOLINE(swift_setAtReferenceWritableKeyPath, note_changing)
TRAMPOLINE(swift_modifyAtWritableKeyPath, note_changing)
TRAMPOLINE(swift_modifyAtReferenceWritableKeyPath, note_changing)

// MARK: - Descriptors

// What cells put into pipes and sockets by the C library's own functions, and take out of them, lies in the kernel.

static void note_descriptor(uintptr_t first, uintptr_t caller) {
  (void)first;
  if (!current_run || is_noting_access || !folio_is_cell_code(caller)) return;
  note_named("what cells read and write by file descriptors", READ | CHANGED);
}

TRAMPOLINE(pipe, note_descriptor)
TRAMPOLINE(pipe2, note_descriptor)
TRAMPOLINE(socketpair, note_descriptor)
TRAMPOLINE(read, note_descriptor)
TRAMPOLINE(write, note_descriptor)
TRAMPOLINE(send, note_descriptor)
TRAMPOLINE(recv, note_descriptor)
TRAMPOLINE(lseek, note_descriptor)

// MARK: - Interface

void folio_accesses_add_variable(void *address, size_t size) {
  pthread_rwlock_wrlock(&variables_lock);
  struct variable *larger = realloc(variables, (variable_count + 1) * sizeof *variables);
  if (!larger) abort();
  variables = larger;
  size_t i = variable_count++;
  for (; i > 0 && variables[i - 1].start > (uintptr_t)address; i--) variables[i] = variables[i - 1];
  variables[i].start = (uintptr_t)address, variables[i].end = (uintptr_t)address + (size ? size : 1);
  atomic_store(&variables[i].kinds, 0);
  pthread_rwlock_unlock(&variables_lock);
}

void folio_accesses_begin(uint16_t run) {
  memset((void *)objects, 0, sizeof objects);
  by_key_paths = 0;
  for (size_t i = 0; i < variable_count; i++) atomic_store(&variables[i].kinds, 0);
  pthread_mutex_lock(&others_lock);
  for (size_t i = 0; i < other_count; i++) free(others[i].name);
  other_count = 0;
  pthread_mutex_unlock(&others_lock);
  atomic_store(&current_run, run);
}

void folio_accesses_end(void) { atomic_store(&current_run, 0); }

static struct folio_access access_of(uint8_t kinds) {
  return (struct folio_access){.was_read = kinds & READ, .was_changed = kinds & CHANGED};
}

struct folio_access folio_access_of_objects(uint16_t run) { return access_of(objects[run] | (made_instances[run] ? by_key_paths : 0)); }

struct folio_access folio_access_of_variable(void *address) {
  pthread_rwlock_rdlock(&variables_lock);
  struct variable *variable = variable_at((uintptr_t)address);
  struct folio_access access = access_of(variable ? variable->kinds : 0);
  pthread_rwlock_unlock(&variables_lock);
  return access;
}

size_t folio_access_others(void *context, void (*visit)(void *context, const char *name, struct folio_access access)) {
  for (size_t i = 0; i < other_count; i++) visit(context, others[i].name, access_of(others[i].kinds));
  return other_count;
}
