// The thread that runs cells, and how it survives them. See CWorker.h.
//
// A cell is a `main.swift` of its own; its thread does what a program's main thread does: it runs the entry point, then serves the
// main actor. Where a program would end (an uncaught error, a trap, the end of an asynchronous main), only the thread ends (see ends.c), and the
// next cell gets a fresh thread.

#define _GNU_SOURCE
#include "cells.h"

#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

_Atomic int32_t folio_current_cell = 0;
_Atomic bool folio_cell_runs = false;
_Atomic pthread_t folio_cell_pthread;
static _Atomic int cell_thread_number = 0;

pthread_mutex_t folio_cells_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t folio_cells_changed = PTHREAD_COND_INITIALIZER;
static void (*waiting_entry)(int, char **) = NULL;
struct job {
  void *job;
  struct job *next;
};
static struct job *first_job = NULL, **last_job = &first_job;
static uint64_t thread_generation = 0;  // The number of the cell thread in charge; older ones are given up.

_Thread_local bool folio_on_cell_thread = false;
_Thread_local bool folio_waits_for_work = false;
static _Thread_local uint64_t my_generation = 0;
_Thread_local uintptr_t folio_stack_low = 0, folio_stack_high = 0;

bool folio_is_cell_thread_in_charge(void) { return folio_on_cell_thread && my_generation == thread_generation; }

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
  pthread_mutex_lock(&folio_cells_lock);
  *last_job = node;
  last_job = &node->next;
  pthread_cond_broadcast(&folio_cells_changed);
  pthread_mutex_unlock(&folio_cells_lock);
}

/// Serves the main actor, and cells if it may, until the thread is given up.
_Noreturn static void serve(bool cells) {
  for (;;) {
    pthread_mutex_lock(&folio_cells_lock);
    folio_waits_for_work = true;
    bool stops = false;
    while (my_generation == thread_generation && !first_job && !(cells && waiting_entry) && !stops) {
      pthread_cond_wait(&folio_cells_changed, &folio_cells_lock);
      // Only an asynchronous cell runs while its thread waits here.
      stops = !cells && folio_cell_runs && folio_is_interrupted();
    }
    folio_waits_for_work = false;
    if (stops && my_generation == thread_generation) {
      pthread_mutex_unlock(&folio_cells_lock);
      folio_end_interrupted(NULL);
    }
    if (my_generation != thread_generation) {
      pthread_mutex_unlock(&folio_cells_lock);
      folio_park();
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
    pthread_mutex_unlock(&folio_cells_lock);

    if (node) {
      swift_job_run(node->job, main_executor);
      free(node);
      continue;
    }
    struct folio_end end = {.kind = FOLIO_FINISHED, .cell = folio_current_cell, .thread_goes_on = 1};
    char *arguments[] = {"folio-worker", NULL};
    // How numbers are rounded is the default's in each cell.
    fesetenv(FE_DFL_ENV);
    entry(1, arguments);
    if (my_generation != thread_generation) folio_park();
    folio_report(&end);
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
  folio_cell_pthread = pthread_self();
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
  pthread_mutex_lock(&folio_cells_lock);
  *start = (struct thread_start){++thread_generation, stack};
  pthread_cond_broadcast(&folio_cells_changed);
  pthread_mutex_unlock(&folio_cells_lock);
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
  folio_ends_start(describe_error);
  folio_interruption_start();
  folio_threads_start();
  main_executor = (serial_executor){executor_identity, executor_implementation};
  swift_task_getMainExecutor_hook = get_main_executor;
  swift_task_isMainExecutor_hook = is_main_executor;
  swift_task_asyncMainDrainQueue_hook = drain_queue;
  atomic_store(&_swift_willThrow, folio_will_throw);
  start_thread();
}

struct folio_end folio_cell_run(int32_t cell, void *entry) {
  pthread_mutex_lock(&folio_cells_lock);
  folio_current_cell = cell;
  folio_interruption_clear();
  folio_cell_runs = true;
  waiting_entry = (void (*)(int, char **))entry;
  pthread_cond_broadcast(&folio_cells_changed);
  pthread_mutex_unlock(&folio_cells_lock);
  struct folio_end end;
  do {
    end = folio_next_report();
    if (end.cell != cell) fprintf(stderr, "warning: a thread that cell %d started trapped after the cell had ended\n", end.cell);
  } while (end.cell != cell);
  pthread_mutex_lock(&folio_cells_lock);
  folio_cell_runs = false;
  folio_bar_cell_code(false);
  pthread_mutex_unlock(&folio_cells_lock);
  if (end.kind != FOLIO_CRASHED) {
    // Every other end has parked its thread, or left it in a state that no cell should meet.
    if (!end.thread_goes_on) start_thread();
    folio_standard_streams_recover();
  }
  return end;
}
