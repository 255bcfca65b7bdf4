// The thread that runs cells, and how it survives them. See CWorker.h.
//
// A cell is a `main.swift` of its own; its thread does what a program's main thread does: it runs the entry point, then serves the
// main actor. Where a program would end (an uncaught error, a trap, the end of an asynchronous main), only the thread ends: it
// reports, and waits forever, since the frames below it cannot be unwound. The next cell gets a fresh thread.

#define _GNU_SOURCE
#include "include/CWorker.h"
#include "stacks.h"

#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

// MARK: - What we use of the Swift runtime (include/swift/Runtime/{Error,Concurrency}.h in its sources)

typedef struct {
  void *identity;
  uintptr_t implementation;
} serial_executor;

extern SWIFTCALL void swift_job_run(void *job, serial_executor executor);
extern SWIFTCALL serial_executor (*swift_task_getMainExecutor_hook)(void *original);
extern SWIFTCALL bool (*swift_task_isMainExecutor_hook)(serial_executor executor, void *original);
extern SWIFTCALL void (*swift_task_asyncMainDrainQueue_hook)(void *original, void *override);
extern _Atomic(SWIFTCALL void (*)(void *error)) _swift_willThrow;

// MARK: - State

static _Atomic int32_t current_cell = 0;  // The cell that runs, or ran last.

// Reports of ended runs. In memory, not in a pipe, whose descriptor a cell could write to; with nothing that a signal handler must not
// touch.
#define REPORTS 64
static struct folio_end reports[REPORTS];
static _Atomic bool report_is_ready[REPORTS];
static _Atomic unsigned next_report = 0;
static sem_t report_count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static void (*waiting_entry)(int, char **) = NULL;
struct job {
  void *job;
  struct job *next;
};
static struct job *first_job = NULL, **last_job = &first_job;
static uint64_t thread_generation = 0;  // Of the cell thread in charge; older ones are given up.

_Thread_local bool folio_on_cell_thread = false;
static _Thread_local uint64_t my_generation = 0;
_Thread_local uintptr_t folio_stack_low = 0, folio_stack_high = 0;

#define STACK_SIZE ((size_t)256 << 20)  // Reserved, not used: as deep as a recursion in unoptimised code may want to go.
#define GUARD_SIZE ((size_t)1 << 16)

_Noreturn static void park(void) {
  folio_note_parked();
  for (;;) pause();
}

static void report(const struct folio_end *end) {
  // In a process that a cell has forked nobody waits for it.
  if (!folio_channel_is_open()) {
    fflush(stdout);
    _exit(end->kind == FOLIO_FINISHED ? 0 : 1);
  }
  unsigned place = atomic_fetch_add(&next_report, 1) % REPORTS;
  reports[place] = *end;
  atomic_store(&report_is_ready[place], true);
  sem_post(&report_count);
}

// MARK: - Errors

static void (*describe)(void *error, char **description, int32_t *is_unavailable) = NULL;

/// The runtime calls this when an error leaves top-level code; ours, since the executable's symbol comes first.
__attribute__((visibility("default"))) SWIFTCALL _Noreturn void swift_errorInMain(void *error) {
  struct folio_end end = {.kind = FOLIO_THREW, .cell = current_cell};
  // Here, since a description is a user's code: it may trap, and then is a trap of this cell.
  if (describe) describe(error, &end.description, &end.is_unavailable);
  if (!folio_recall_throw(error, &end)) end.frame_count = folio_walk((uintptr_t)__builtin_frame_address(0), end.frames, 0, FOLIO_MAX_FRAMES);
  if (my_generation == thread_generation || !folio_on_cell_thread) report(&end);
  park();
}

/// An asynchronous main ends by `exit(0)`: such cells are linked with `--wrap=exit`, and only the cell ends.
__attribute__((visibility("default"))) _Noreturn void __wrap_exit(int status) {
  if (status != 0) exit(status);
  struct folio_end end = {.kind = FOLIO_FINISHED, .cell = current_cell};
  report(&end);
  park();
}

// MARK: - Traps

/// The Swift runtime gives up by `abort` where a cast fails; for a cell that is a trap like any other. Other libraries' `abort` may
/// mean a damaged heap: there the process ends.
__attribute__((visibility("default"))) _Noreturn void abort(void) {
  Dl_info caller;
  if (dladdr(__builtin_return_address(0), &caller) && caller.dli_fname && strstr(caller.dli_fname, "libswift")) __builtin_trap();
  void (*next)(void) = (void (*)(void))dlsym(RTLD_NEXT, "abort");
  if (next) next();
  _exit(134);
}

static bool met_bar(int signal, uintptr_t address, const ucontext_t *context);
static void stop_at_bar(const ucontext_t *context);

static void handle_signal(int signal, siginfo_t *info, void *context) {
  const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  uintptr_t address = (uintptr_t)info->si_addr;
  if (met_bar(signal, address, context)) {
    int error = errno;
    stop_at_bar(context);
    errno = error;
    return;
  }
  struct folio_end end = {.cell = current_cell, .signal = signal};
  if (signal == SIGILL || signal == SIGTRAP) {
    end.kind = FOLIO_TRAPPED;
  } else if (signal == SIGSEGV && folio_on_cell_thread && address + GUARD_SIZE >= folio_stack_low && address < folio_stack_low + GUARD_SIZE) {
    end.kind = FOLIO_OVERFLOWED_STACK;
  } else {
    end.kind = FOLIO_CRASHED;
    end.address = address;
  }
  end.frames[0] = registers[REG_RIP];
  end.frame_count = folio_walk(registers[REG_RBP], end.frames, 1, FOLIO_MAX_FRAMES);
  report(&end);
  if (end.kind != FOLIO_CRASHED) park();
  // The worker's control thread tells the host and ends the process; if it cannot, the process ends here.
  sleep(5);
  folio_die_by(signal);
}

_Noreturn void folio_die_by(int number) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(number, &standard, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
  _exit(128 + number);
}

// MARK: - Interruption

// A cell is stopped in one of these ways, the first that takes effect: work of FolioKit looks at the flag and throws; a loop of the cell's own
// code is parked where it stands, as by a trap; a thread that waits in the kernel is parked there; and after a while the cells' code
// may not be executed any more, so that a thread that is nearly always in a library (a loop that prints) faults where the library returns to
// the cell, and is parked there. Code of other libraries is never stopped midway, since it may hold a lock that all need (that of malloc);
// if the cell never leaves it, the host ends the process.
static _Atomic bool is_interrupted = false;
static _Atomic bool is_running = false;  // Whether a cell runs.
static _Atomic pthread_t cell_thread;
static _Atomic int cell_thread_number = 0;
static sem_t interruption;
static _Thread_local bool has_stopped = false;
// A thread that is parked as it waits for our own condition would block all who signal it: it looks at the flag itself.
static _Thread_local bool is_serving = false;

#define KNOCK_MICROSECONDS 2000
#define FIRST_BARRING_KNOCK 50  // FolioKit's own work, and hooks of cells on other threads, may take so long to end in order.

bool folio_is_interrupted(void) { return atomic_load_explicit(&is_interrupted, memory_order_relaxed); }

static void end_interrupted(const ucontext_t *context) {
  has_stopped = true;
  struct folio_end end = {.kind = FOLIO_INTERRUPTED, .cell = current_cell};
  if (context) {
    end.frames[0] = context->uc_mcontext.gregs[REG_RIP];
    end.frame_count = folio_walk(context->uc_mcontext.gregs[REG_RBP], end.frames, 1, FOLIO_MAX_FRAMES);
  } else {
    end.frame_count = folio_walk((uintptr_t)__builtin_frame_address(0), end.frames, 0, FOLIO_MAX_FRAMES);
  }
  report(&end);
  park();
}

void folio_stop_if_interrupted(void) {
  if (folio_on_cell_thread && my_generation == thread_generation && folio_is_interrupted() && is_running) end_interrupted(NULL);
}

/// Whether the signal has ended a system call in which the thread waited.
static bool waits_in_kernel(const ucontext_t *context) {
  const greg_t *registers = context->uc_mcontext.gregs;
  uintptr_t words[2];
  if (registers[REG_RAX] != -EINTR || !folio_peek(registers[REG_RIP] - 2, words)) return false;
  return (words[0] & 0xffff) == 0x050f;  // syscall
}

/// Whether the calling thread runs the cell that shall stop.
static bool should_stop(void) {
  return folio_on_cell_thread && !has_stopped && !is_serving && my_generation == thread_generation && folio_is_interrupted() && is_running;
}

/// Whether a thread has come to code of a cell that may not be executed now. Such code can always be executed otherwise, so nothing else
/// faults like this.
static bool met_bar(int signal, uintptr_t address, const ucontext_t *context) {
  const greg_t *registers = context->uc_mcontext.gregs;
  bool fetches = (registers[REG_ERR] & 0x10) != 0;
  return signal == SIGSEGV && fetches && address == (uintptr_t)registers[REG_RIP] && folio_is_cell_code(address);
}

/// Parks the thread that shall stop. Other threads of the cell wait until it has, then go on.
static void stop_at_bar(const ucontext_t *context) {
  do {
    if (should_stop()) end_interrupted(context);
    usleep(1000);
  } while (folio_cell_code_is_barred());
}

/// On the cell thread: parks it, if it may be parked where it is.
static void handle_stop(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info;
  int error = errno;
  uintptr_t address = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  // Whoever sends may hold the channel. A call that was ended here (`sleep`) may not come again.
  if (should_stop() && (folio_is_cell_code(address) || (!folio_is_sending && waits_in_kernel(context)))) end_interrupted(context);
  errno = error;
}

/// The host's word, on any thread.
static void handle_interrupt(int signal) {
  (void)signal;
  int error = errno;
  atomic_store(&is_interrupted, true);
  sem_post(&interruption);
  errno = error;
}

/// Knocks at the cell thread until it has stopped.
static void *interrupt_cells(void *nothing) {
  (void)nothing;
  for (;;) {
    while (sem_wait(&interruption) != 0) {}
    // FolioKit's own work gets a moment to end in order: an error unwinds, and gives its memory back.
    usleep(20000);
    for (int knock = 0; is_running && folio_is_interrupted(); knock++) {
      pthread_kill(cell_thread, SIGUSR2);
      pthread_mutex_lock(&lock);
      if (knock == FIRST_BARRING_KNOCK && is_running && folio_is_interrupted()) folio_bar_cell_code(true);
      pthread_cond_broadcast(&work);
      pthread_mutex_unlock(&lock);
      usleep(KNOCK_MICROSECONDS);
    }
  }
  return NULL;
}

static void install_interruption(void) {
  sem_init(&interruption, 0, 0);
  struct sigaction interrupt = {.sa_handler = handle_interrupt, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &interrupt, NULL);
  struct sigaction stop = {.sa_sigaction = handle_stop, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGUSR2, &stop, NULL);
  pthread_t thread;
  if (pthread_create(&thread, NULL, interrupt_cells, NULL) != 0) abort();
}

static void install_handlers(void) {
  struct sigaction action = {.sa_sigaction = handle_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  // Others stay unblocked: a parked thread sits in its handler.
  sigemptyset(&action.sa_mask);
  const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

// MARK: - The cell thread

static serial_executor main_executor;

static SWIFTCALL serial_executor get_main_executor(void *original) {
  (void)original;
  return main_executor;
}

static SWIFTCALL bool is_main_executor(serial_executor executor, void *original) {
  (void)original;
  return executor.identity == main_executor.identity;
}

bool folio_is_cell_thread(void) { return folio_on_cell_thread; }

int folio_cell_thread(void) { return cell_thread_number; }

void folio_enqueue(void *job) {
  struct job *node = malloc(sizeof *node);
  if (!node) abort();
  *node = (struct job){job, NULL};
  pthread_mutex_lock(&lock);
  *last_job = node;
  last_job = &node->next;
  pthread_cond_broadcast(&work);
  pthread_mutex_unlock(&lock);
}

/// Serves the main actor, and cells if it may, until the thread is given up.
_Noreturn static void serve(bool cells) {
  for (;;) {
    pthread_mutex_lock(&lock);
    is_serving = true;
    bool stops = false;
    while (my_generation == thread_generation && !first_job && !(cells && waiting_entry) && !stops) {
      pthread_cond_wait(&work, &lock);
      // Only an asynchronous cell runs while its thread waits here.
      stops = !cells && is_running && folio_is_interrupted();
    }
    is_serving = false;
    if (stops && my_generation == thread_generation) {
      pthread_mutex_unlock(&lock);
      end_interrupted(NULL);
    }
    if (my_generation != thread_generation) {
      pthread_mutex_unlock(&lock);
      park();
    }
    struct job *node = first_job;
    void (*entry)(int, char **) = NULL;
    if (node) {
      first_job = node->next;
      if (!first_job) last_job = &first_job;
    } else {
      entry = waiting_entry;
      waiting_entry = NULL;
    }
    pthread_mutex_unlock(&lock);

    if (node) {
      swift_job_run(node->job, main_executor);
      free(node);
      continue;
    }
    struct folio_end end = {.kind = FOLIO_FINISHED, .cell = current_cell, .thread_goes_on = 1};
    char *arguments[] = {"folio-worker", NULL};
    // How numbers are rounded is the default's in each cell.
    fesetenv(FE_DFL_ENV);
    entry(1, arguments);
    if (my_generation != thread_generation) park();
    report(&end);
  }
}

/// An asynchronous main comes here when it first waits, and does not come back.
static SWIFTCALL void drain_queue(void *original, void *override) {
  (void)original, (void)override;
  serve(false);
}

struct thread_start {
  uint64_t generation;
  void *stack;
};

static void *run_thread(void *argument) {
  struct thread_start start = *(struct thread_start *)argument;
  free(argument);
  folio_on_cell_thread = true;
  my_generation = start.generation;
  cell_thread = pthread_self();
  cell_thread_number = (int)syscall(SYS_gettid);
  folio_stack_low = (uintptr_t)start.stack + GUARD_SIZE;
  folio_stack_high = (uintptr_t)start.stack + STACK_SIZE;
  // A handler needs a stack of its own when the thread's is used up.
  size_t size = 1 << 16;
  void *alternative = malloc(size);
  if (alternative) sigaltstack(&(stack_t){.ss_sp = alternative, .ss_size = size}, NULL);
  serve(true);
}

/// Gives up the present cell thread, if there is one, and starts the next.
static void start_thread(void) {
  void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  struct thread_start *start = malloc(sizeof *start);
  if (stack == MAP_FAILED || !start) abort();
  mprotect(stack, GUARD_SIZE, PROT_NONE);
  pthread_mutex_lock(&lock);
  *start = (struct thread_start){++thread_generation, stack};
  pthread_cond_broadcast(&work);
  pthread_mutex_unlock(&lock);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, STACK_SIZE);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, run_thread, start) != 0) abort();
  pthread_attr_destroy(&attributes);
}

// MARK: - Interface

void folio_cells_start(
    void *executor_identity, uintptr_t executor_implementation,
    void (*describe_error)(void *error, char **description, int32_t *is_unavailable)) {
  describe = describe_error;
  sem_init(&report_count, 0, 0);
  install_handlers();
  install_interruption();
  folio_threads_start();
  main_executor = (serial_executor){executor_identity, executor_implementation};
  swift_task_getMainExecutor_hook = get_main_executor;
  swift_task_isMainExecutor_hook = is_main_executor;
  swift_task_asyncMainDrainQueue_hook = drain_queue;
  atomic_store(&_swift_willThrow, folio_will_throw);
  start_thread();
}

static struct folio_end next_end(void) {
  static unsigned next = 0;
  while (sem_wait(&report_count) != 0) {}
  unsigned place = next++ % REPORTS;
  while (!atomic_load(&report_is_ready[place])) sched_yield();
  struct folio_end end = reports[place];
  atomic_store(&report_is_ready[place], false);
  return end;
}

struct folio_end folio_cell_run(int32_t cell, void *entry) {
  pthread_mutex_lock(&lock);
  current_cell = cell;
  is_interrupted = false;
  is_running = true;
  waiting_entry = (void (*)(int, char **))entry;
  pthread_cond_broadcast(&work);
  pthread_mutex_unlock(&lock);
  struct folio_end end;
  do {
    end = next_end();
    if (end.cell != cell) fprintf(stderr, "warning: a thread that cell %d started trapped after the cell had ended\n", end.cell);
  } while (end.cell != cell);
  pthread_mutex_lock(&lock);
  is_running = false;
  folio_bar_cell_code(false);
  pthread_mutex_unlock(&lock);
  if (end.kind != FOLIO_CRASHED) {
    // Every other end has parked its thread, or left it in a state that no cell should meet.
    if (!end.thread_goes_on) start_thread();
    folio_standard_streams_recover();
  }
  return end;
}

bool folio_locate(uint64_t address, const char **library, uint64_t *offset, const char **symbol) {
  Dl_info info;
  if (!dladdr((void *)address, &info) || !info.dli_fname) return false;
  *library = info.dli_fname;
  *offset = address - (uint64_t)info.dli_fbase;
  *symbol = info.dli_sname;
  return true;
}
