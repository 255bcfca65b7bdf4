// Whether something that a cell began goes on after the cell's end: a thread, a block in a queue, a task, a timer. See CWorker.h.
//
// What goes on may print, and change what other cells read, at any time. A cell cannot be known by what it did until its end, if it has not ended.
// Beginnings are noted; whether they have come to an end is seen from the threads: one that goes on has a cell's code on its stack.

#define _GNU_SOURCE
#include "include/CWorker.h"
#include "stacks.h"
#include "trampoline.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

void *folio_next_symbol(const char *name) {
  void *symbol = dlsym(RTLD_NEXT, name);
  if (!symbol) symbol = dlsym(RTLD_DEFAULT, name);
  if (!symbol) _exit(70);
  return symbol;
}

// MARK: - Beginnings

static _Atomic unsigned beginnings = 0;
/// Timers and other sources of events that are not cancelled.
static _Atomic int sources = 0;
/// When the last delayed beginning is due, in nanoseconds of the monotonic clock.
static _Atomic int64_t last_deadline = 0;

static int64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void note_deadline(int64_t time) {
  int64_t last = last_deadline;
  while (time > last && !atomic_compare_exchange_weak(&last_deadline, &last, time)) {}
  beginnings++;
}

static void note_beginning(uintptr_t first, uintptr_t caller) {
  (void)first, (void)caller;
  beginnings++;
}

/// A time of libdispatch's (`src/shims/time.h` there): nanoseconds of a clock that the first two bits tell.
static void note_delay(uintptr_t when, uintptr_t caller) {
  (void)caller;
  const uint64_t first = (uint64_t)1 << 63, second = (uint64_t)1 << 62;
  int64_t left = (int64_t)when - now(CLOCK_MONOTONIC);
  if (when == UINT64_MAX) left = INT64_MAX / 2;
  else if (when == UINT64_MAX - 1) left = 0;  // The wall clock's now.
  else if ((when & first) && (when & second)) left = -(int64_t)when - now(CLOCK_REALTIME);
  else if (when & first) left = (int64_t)(when & ~first) - now(CLOCK_BOOTTIME);
  note_deadline(now(CLOCK_MONOTONIC) + left);
}

static bool lies_in(uintptr_t address, const char *library) {
  Dl_info info;
  return dladdr((void *)address, &info) && info.dli_fname && strstr(info.dli_fname, library);
}

/// libdispatch has sources of its own, and Concurrency those for the delays of tasks, which are noted as such.
static bool is_own_source(uintptr_t caller) { return lies_in(caller, "libdispatch") || lies_in(caller, "libswift_Concurrency"); }

static void note_source(uintptr_t first, uintptr_t caller) {
  (void)first;
  if (!is_own_source(caller)) sources++, beginnings++;
}

static void note_cancelled_source(uintptr_t first, uintptr_t caller) {
  (void)first;
  if (!is_own_source(caller) && sources > 0) sources--;
}

TRAMPOLINE(dispatch_async, note_beginning)
TRAMPOLINE(dispatch_async_f, note_beginning)
TRAMPOLINE(dispatch_barrier_async, note_beginning)
TRAMPOLINE(dispatch_group_async, note_beginning)
TRAMPOLINE(dispatch_group_notify, note_beginning)
TRAMPOLINE(dispatch_after, note_delay)
TRAMPOLINE(dispatch_after_f, note_delay)
TRAMPOLINE(dispatch_source_create, note_source)
TRAMPOLINE(dispatch_source_cancel, note_cancelled_source)
TRAMPOLINE(swift_task_create, note_beginning)

/// Concurrency's delays may be timers.
__attribute__((visibility("default"))) void dispatch_source_set_timer(void *source, uint64_t start, uint64_t interval, uint64_t leeway) {
  typedef void (*function)(void *, uint64_t, uint64_t, uint64_t);
  static _Atomic(function) known = NULL;
  function next = known;
  if (!next) known = next = (function)folio_next_symbol("dispatch_source_set_timer");
  if (start != UINT64_MAX) note_delay(start, 0);
  next(source, start, interval, leeway);
}

typedef SWIFTCALL void (*enqueue_with_delay)(unsigned long long delay, void *job);
typedef SWIFTCALL void (*enqueue_with_deadline)(
    long long seconds, long long nanoseconds, long long tolerance, long long tolerance_nanoseconds, int clock, void *job);
extern SWIFTCALL void (*swift_task_enqueueGlobalWithDelay_hook)(unsigned long long delay, void *job, enqueue_with_delay original);
extern SWIFTCALL void (*swift_task_enqueueGlobalWithDeadline_hook)(
    long long seconds, long long nanoseconds, long long tolerance, long long tolerance_nanoseconds, int clock, void *job,
    enqueue_with_deadline original);

static SWIFTCALL void enqueue_after(unsigned long long delay, void *job, enqueue_with_delay original) {
  note_deadline(now(CLOCK_MONOTONIC) + (int64_t)delay);
  original(delay, job);
}

static SWIFTCALL void enqueue_at(
    long long seconds, long long nanoseconds, long long tolerance, long long tolerance_nanoseconds, int clock, void *job,
    enqueue_with_deadline original) {
  // The runtime's clocks: 1 goes on while the machine sleeps, 2 does not, 3 is the wall's.
  clockid_t own = clock == 1 ? CLOCK_BOOTTIME : clock == 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
  note_deadline(now(CLOCK_MONOTONIC) + seconds * 1000000000LL + nanoseconds - now(own));
  original(seconds, nanoseconds, tolerance, tolerance_nanoseconds, clock, job);
}

// A thread that runs is asked where it stands, by a signal.
static _Atomic uintptr_t asked_code = 0, asked_stack = 0;
static _Atomic bool has_answered = false;

static void answer(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info;
  const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;
  asked_code = registers[REG_RIP], asked_stack = registers[REG_RSP];
  has_answered = true;
}

void folio_threads_start(void) {
  swift_task_enqueueGlobalWithDelay_hook = enqueue_after;
  swift_task_enqueueGlobalWithDeadline_hook = enqueue_at;
  struct sigaction question = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
  sigaction(SIGRTMIN + 6, &question, NULL);
}

__attribute__((visibility("default"))) int pthread_create(
    pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  typedef int (*function)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  static _Atomic(function) known = NULL;
  function next = known;
  if (!next) known = next = (function)folio_next_symbol("pthread_create");
  // The worker's own threads are nothing that a cell began, nor are those of libraries that wait for work: the work is noted.
  uintptr_t caller = (uintptr_t)__builtin_return_address(0);
  if (!folio_is_worker_code(caller) && !lies_in(caller, "libdispatch") && !lies_in(caller, "libopenblas")) beginnings++;
  return next(thread, attributes, start, argument);
}

// MARK: - Threads

#define MOST_PARKED 4096
static _Atomic int parked[MOST_PARKED];
static _Atomic unsigned parked_count = 0;

void folio_note_parked(void) {
  unsigned place = atomic_fetch_add(&parked_count, 1);
  if (place < MOST_PARKED) parked[place] = (int)syscall(SYS_gettid);
}

static bool is_parked(int thread) {
  unsigned count = parked_count < MOST_PARKED ? parked_count : MOST_PARKED;
  for (unsigned i = 0; i < count; i++) {
    if (parked[i] == thread) return true;
  }
  return false;
}

/// The end of the memory that an address lies in; 0 if it lies in none.
static uintptr_t end_of_mapping(uintptr_t address) {
  FILE *maps = fopen("/proc/self/maps", "re");
  uintptr_t start, end, found = 0;
  char line[512];
  while (maps && !found && fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx", &start, &end) == 2 && address >= start && address < end) found = end;
  }
  if (maps) fclose(maps);
  return found;
}

/// Whether a stack holds an address in a cell's code.
static bool holds_cell_code(uintptr_t stack) {
  uintptr_t end = end_of_mapping(stack);
  for (uintptr_t place = stack & ~(uintptr_t)7; place + 16 <= end && place < stack + (1 << 20); place += 16) {
    uintptr_t words[2];
    if (!folio_peek(place, words)) break;
    if (folio_is_cell_code(words[0]) || folio_is_cell_code(words[1])) return true;
  }
  return false;
}

static bool ask(int thread) {
  has_answered = false;
  if (syscall(SYS_tgkill, getpid(), thread, SIGRTMIN + 6) != 0) return false;
  // On a busy machine a thread may wait for its turn.
  for (int i = 0; i < 2000 && !has_answered; i++) usleep(200);
  return has_answered;
}

/// Whether a thread has a cell's code on its stack. One that does not tell is taken for busy.
static bool is_busy(int thread) {
  char path[64], line[256] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/syscall", thread);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool is_told = fgets(line, sizeof line, file) != NULL;
  fclose(file);
  if (!is_told) return false;
  char *last = strrchr(line, ' ');
  if (strncmp(line, "running", 7) == 0 || !last) {
    return !ask(thread) || folio_is_cell_code(asked_code) || holds_cell_code(asked_stack);
  }
  // The number of the system call, six arguments, the stack's address and the code's.
  uintptr_t code = strtoul(last + 1, NULL, 16);
  *last = 0;
  last = strrchr(line, ' ');
  return folio_is_cell_code(code) || (last && holds_cell_code(strtoul(last + 1, NULL, 16)));
}

static bool any_is_busy(int cells) {
  DIR *tasks = opendir("/proc/self/task");
  bool found = false;
  struct dirent *entry;
  while (tasks && !found && (entry = readdir(tasks))) {
    int thread = atoi(entry->d_name);
    bool is_other = thread > 0 && thread != cells && thread != (int)syscall(SYS_gettid) && !is_parked(thread);
    if (is_other && is_busy(thread)) found = true;
  }
  if (tasks) closedir(tasks);
  return found;
}

extern void *dispatch_get_global_queue(intptr_t identifier, uintptr_t flags);

static sem_t reached;

static void note_reached(void *nothing) {
  (void)nothing;
  sem_post(&reached);
}

/// Waits until what stands in the queues before now has begun. Returns false if it does not, since all threads are busy.
static bool have_queues_begun(void) {
  static const intptr_t priorities[] = {0x21, 0x19, 0x15, 0x11, 0x09};
  size_t count = sizeof priorities / sizeof *priorities;
  void (*submit)(void *, void *, void (*)(void *)) = (void (*)(void *, void *, void (*)(void *)))folio_next_symbol("dispatch_async_f");
  // What stands in a queue of its own is handed on to one of these; and so may a task be that begins another.
  for (int round = 0; round < 3; round++) {
    sem_init(&reached, 0, 0);
    for (size_t i = 0; i < count; i++) submit(dispatch_get_global_queue(priorities[i], 0), NULL, note_reached);
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 2;
    for (size_t i = 0; i < count; i++) {
      if (sem_timedwait(&reached, &limit) != 0) return false;
    }
  }
  return true;
}

void folio_threads_begin(void) { beginnings = 0, sources = 0, last_deadline = 0; }

bool folio_threads_go_on(int cell_thread) {
  if (!beginnings) return false;
  if (!have_queues_begun()) return true;
  // What has ended may take a moment to wait.
  unsigned busy = 0;
  for (int i = 0; i < 4; i++) {
    usleep(1500);
    busy += any_is_busy(cell_thread);
  }
  return busy > 1 || sources > 0 || last_deadline > now(CLOCK_MONOTONIC);
}
