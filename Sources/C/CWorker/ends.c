// How the run of a cell ends: by an error, by a trap or a crash, by the end of an asynchronous main; and how that is reported. See CWorker.h.
//
// A thread that ends a run before its time reports, and waits forever, since the frames below it cannot be unwound.

#define _GNU_SOURCE
#include "cells.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// MARK: - Reports

// Reports lie in memory, not in a pipe, whose descriptor a cell could write to; and they use nothing that a signal handler must not touch.
#define REPORTS 64
static struct folio_end reports[REPORTS];
static _Atomic bool report_is_ready[REPORTS];
static _Atomic unsigned next_report = 0;
static sem_t report_count;

_Noreturn void folio_park(void) {
  folio_note_parked();
  for (;;) pause();
}

void folio_report(const struct folio_end *end) {
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

struct folio_end folio_next_report(void) {
  static unsigned next = 0;
  while (sem_wait(&report_count) != 0) {}
  unsigned place = next++ % REPORTS;
  while (!atomic_load(&report_is_ready[place])) sched_yield();
  struct folio_end end = reports[place];
  atomic_store(&report_is_ready[place], false);
  return end;
}

// MARK: - Errors

static void (*describe)(void *error, char **description, int32_t *is_unavailable) = NULL;

/// The runtime calls this when an error leaves top-level code; ours, since the executable's symbol comes first.
__attribute__((visibility("default"))) SWIFTCALL _Noreturn void swift_errorInMain(void *error) {
  struct folio_end end = {.kind = FOLIO_THREW, .cell = folio_current_cell};
  // A description is a user's code: if it traps here, that is a trap of this cell.
  if (describe) describe(error, &end.description, &end.is_unavailable);
  if (!folio_recall_throw(error, &end)) end.frame_count = folio_walk((uintptr_t)__builtin_frame_address(0), end.frames, 0, FOLIO_MAX_FRAMES);
  if (folio_is_cell_thread_in_charge() || !folio_on_cell_thread) folio_report(&end);
  folio_park();
}

/// An asynchronous main ends by `exit(0)`: such cells are linked with `--wrap=exit`, and only the cell ends.
__attribute__((visibility("default"))) _Noreturn void __wrap_exit(int status) {
  if (status != 0) exit(status);
  struct folio_end end = {.kind = FOLIO_FINISHED, .cell = folio_current_cell};
  folio_report(&end);
  folio_park();
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

/// Whether a thread of cells has used up its stack.
static bool has_overflowed_stack(int signal, uintptr_t address) {
  return signal == SIGSEGV && folio_on_cell_thread && address + GUARD_SIZE >= folio_stack_low && address < folio_stack_low + GUARD_SIZE;
}

static void handle_signal(int signal, siginfo_t *info, void *context) {
  const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  uintptr_t address = (uintptr_t)info->si_addr;
  if (folio_met_bar(signal, address, context)) {
    int error = errno;
    folio_stop_at_bar(context);
    errno = error;
    return;
  }
  struct folio_end end = {.cell = folio_current_cell, .signal = signal};
  if (signal == SIGILL || signal == SIGTRAP) {
    end.kind = FOLIO_TRAPPED;
  } else if (has_overflowed_stack(signal, address)) {
    end.kind = FOLIO_OVERFLOWED_STACK;
  } else {
    end.kind = FOLIO_CRASHED;
    end.address = address;
  }
  end.frames[0] = registers[REG_RIP];
  end.frame_count = folio_walk(registers[REG_RBP], end.frames, 1, FOLIO_MAX_FRAMES);
  folio_report(&end);
  if (end.kind != FOLIO_CRASHED) folio_park();
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

void folio_ends_start(void (*describe_error)(void *error, char **description, int32_t *is_unavailable)) {
  describe = describe_error;
  sem_init(&report_count, 0, 0);
  struct sigaction action = {.sa_sigaction = handle_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  // Other signals stay unblocked: a parked thread sits in its handler.
  sigemptyset(&action.sa_mask);
  const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

bool folio_locate(uint64_t address, const char **library, uint64_t *offset, const char **symbol) {
  Dl_info info;
  if (!dladdr((void *)address, &info) || !info.dli_fname) return false;
  *library = info.dli_fname;
  *offset = address - (uint64_t)info.dli_fbase;
  *symbol = info.dli_sname;
  return true;
}
