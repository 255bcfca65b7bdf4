// Runs kernels: fibers, barriers, and the table of all kernels.

#include "Host.h"

#include <sys/mman.h>

#include "CUDAHostKernels.h"

// Changing over from one stack to another: what a function call must preserve goes to the old stack, and comes from the new one.
extern "C" void host_switch(void **from, void *to);
extern "C" void host_begin();

#if defined(__x86_64__)
asm(R"(
  .text
  .globl host_switch
  .type host_switch, @function
host_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size host_switch, .-host_switch
)");
/// A new stack looks as if `host_begin` had been about to be called: six registers, the address, and none to return to.
static void *prepared(uintptr_t top) {
  uint64_t *stack = reinterpret_cast<uint64_t *>(top & ~uintptr_t(15)) - 8;
  memset(stack, 0, 8 * sizeof *stack);
  stack[6] = reinterpret_cast<uint64_t>(&host_begin);
  return stack;
}
#elif defined(__aarch64__)
asm(R"(
  .text
  .globl host_switch
  .type host_switch, %function
host_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .size host_switch, .-host_switch
)");
/// A new stack looks as if `host_begin` had been about to be called: its address is where x30 is restored from.
static void *prepared(uintptr_t top) {
  uint64_t *stack = reinterpret_cast<uint64_t *>(top & ~uintptr_t(15)) - 20;
  memset(stack, 0, 20 * sizeof *stack);
  stack[11] = reinterpret_cast<uint64_t>(&host_begin);
  return stack;
}
#else
#error "The host build of the kernels needs a change of stacks for this processor."
#endif

[[noreturn]] void host_stop(const char *message) {
  fprintf(stderr, "%s\n", message);
  abort();
}

thread_local HostBlock host_running_block;

namespace {
const HostKernel *first_kernel;

const HostKernel *find(const char *name) {
  for (const HostKernel *kernel = first_kernel; kernel; kernel = kernel->next)
    if (strcmp(kernel->name, name) == 0) return kernel;
  return nullptr;
}

constexpr unsigned most_threads = 1024;
/// Stacks do not begin at the same place of the cache's lines and sets.
constexpr size_t stack_bytes = (64 << 10) + 448;
/// Nobody's memory, below the lowest stack.
constexpr size_t guard_bytes = 256 << 10;
constexpr size_t mapped_bytes = guard_bytes + stack_bytes * most_threads;
/// The most dynamic shared memory that any card has for a block.
constexpr size_t most_shared = 227 << 10;
constexpr uint64_t canary = 0x9e3779b97f4a7c15u;

/// What a thread of the processor needs to run blocks. It is kept for its next launch.
struct Runner {
  HostThread threads[most_threads];
  HostWarp warps[most_threads / 32];
  unsigned char *stacks;
  alignas(1024) unsigned char shared[most_shared];
  void *own_stack;
  unsigned at_block_barrier;
  unsigned alive;
  bool backwards;
  const HostKernel *kernel;
  void **arguments;

  Runner() {
    void *memory = mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, guard_bytes, PROT_NONE) != 0)
      host_stop("There is no memory for the stacks of a block's threads.");
    stacks = static_cast<unsigned char *>(memory) + guard_bytes;
    backwards = false;
  }
  ~Runner() { munmap(stacks - guard_bytes, mapped_bytes); }

  uint64_t *floor(unsigned thread) { return reinterpret_cast<uint64_t *>(stacks + stack_bytes * thread); }

  void run_block(unsigned count, size_t shared_bytes) {
    // What nobody wrote is not a number.
    memset(shared, 0xff, shared_bytes);
    at_block_barrier = 0;
    alive = count;
    for (unsigned w = 0; w * 32 < count; w++) warps[w].arrived = 0, warps[w].lanes = count - w * 32 < 32 ? count - w * 32 : 32;
    for (unsigned t = 0; t < count; t++) {
      *floor(t) = canary;
      void *stack = prepared(reinterpret_cast<uintptr_t>(floor(t + 1)));
      threads[t] = {{t, 0, 0}, static_cast<int>(t), 0, warps + t / 32, stack, HostThread::ready};
    }
    while (alive > 0)
      if (!run_ready(count)) host_stop("Threads of a block wait at a barrier for others that never come.");
    for (unsigned t = 0; t < count; t++)
      if (*floor(t) != canary) host_stop("A kernel's thread needs more stack than the host build gives it.");
  }

  /// Runs every thread that is not waiting until it waits, warp by warp. Returns whether there was one.
  bool run_ready(unsigned count) {
    bool any = false;
    for (unsigned w = 0; w * 32 < count; w++) {
      unsigned warp = backwards ? (count - 1) / 32 - w : w;
      while (run_warp(warp)) any = true;
    }
    return any;
  }

  bool run_warp(unsigned warp) {
    bool any = false;
    unsigned lanes = warps[warp].lanes;
    for (unsigned l = 0; l < lanes; l++) {
      HostThread &thread = threads[warp * 32 + (backwards ? lanes - 1 - l : l)];
      if (thread.state != HostThread::ready) continue;
      any = true;
      host_running_block.thread = &thread;
      host_switch(&own_stack, thread.stack);
    }
    return any;
  }

  void leave(HostThread *thread) { host_switch(&thread->stack, own_stack); }
};

thread_local Runner *runner;
thread_local struct RunnerOwner {
  ~RunnerOwner() { delete runner; }
} runner_owner;

Runner &this_runner() {
  if (!runner) {
    (void)&runner_owner;
    runner = new Runner();
  }
  return *runner;
}
}  // namespace

extern "C" void host_begin() {
  Runner &own = *runner;
  own.kernel->call(own.kernel->function, own.arguments);
  HostThread *thread = host_running_block.thread;
  thread->state = HostThread::done;
  own.alive--;
  own.leave(thread);
  __builtin_unreachable();
}

void host_wait_for_block() {
  Runner &own = *runner;
  HostThread *thread = host_running_block.thread;
  unsigned count = host_running_block.size.x;
  if (++own.at_block_barrier == count) {
    own.at_block_barrier = 0;
    for (unsigned t = 0; t < count; t++) own.threads[t].state = HostThread::ready;
    return;
  }
  thread->state = HostThread::waiting;
  own.leave(thread);
}

void host_wait_for_warp() {
  HostThread *thread = host_running_block.thread;
  HostWarp *warp = thread->warp;
  if (++warp->arrived == warp->lanes) {
    warp->arrived = 0;
    HostThread *first = runner->threads + thread->number / 32 * 32;
    for (int lane = 0; lane < warp->lanes; lane++) first[lane].state = HostThread::ready;
    return;
  }
  thread->state = HostThread::waiting;
  runner->leave(thread);
}

void host_pause() {
  HostThread *thread = host_running_block.thread;
  thread->state = HostThread::paused;
  runner->leave(thread);
}

void host_wake() {
  for (unsigned t = 0; t < host_running_block.size.x; t++)
    if (runner->threads[t].state == HostThread::paused) runner->threads[t].state = HostThread::ready;
}

void host_work_as_warp(void *own, void (*work)(void *const *lanes)) {
  HostThread *thread = host_running_block.thread;
  HostWarp *warp = thread->warp;
  warp->handed[thread->number % 32] = own;
  if (warp->arrived + 1 == warp->lanes) work(warp->handed);
  host_wait_for_warp();
}

void HostKernel::enter() {
  if (find(name)) host_stop("Two kernels have one name.");
  next = first_kernel;
  first_kernel = this;
}

int host_has(const char *name) { return find(name) != nullptr; }

size_t host_parameters(const char *name, size_t *sizes, size_t capacity) {
  const HostKernel *kernel = find(name);
  if (!kernel) return 0;
  for (size_t i = 0; i < kernel->parameters && i < capacity; i++) sizes[i] = kernel->sizes[i];
  return kernel->parameters;
}

int host_is_pointer(const char *name, size_t parameter) {
  const HostKernel *kernel = find(name);
  return kernel && parameter < kernel->parameters && kernel->pointers[parameter];
}

void host_run_backwards(int backwards) { this_runner().backwards = backwards != 0; }

void host_launch(const char *name, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned block, size_t shared, void **arguments) {
  Runner &own = this_runner();
  own.kernel = find(name);
  own.arguments = arguments;
  if (!own.kernel) {
    fprintf(stderr, "There is no kernel '%s'.\n", name);
    abort();
  }
  if (block == 0 || block > own.kernel->threads) host_stop("A launch has more threads in a block than its kernel allows.");
  if (shared > most_shared) host_stop("A launch asks for more shared memory than a card has.");
  u_int64_t blocks = static_cast<uint64_t>(gridX) * gridY * gridZ;
  if (blocks == 0 || gridY > 65535 || gridZ > 65535) host_stop("A launch has a grid that no card takes.");
  host_running_block = {{0, 0, 0}, {block, 1, 1}, {gridX, gridY, gridZ}, nullptr, own.shared};
  for (uint64_t i = 0; i < blocks; i++) {
    uint64_t b = own.backwards ? blocks - 1 - i : i;
    host_running_block.index = {
        static_cast<unsigned>(b % gridX), static_cast<unsigned>(b / gridX % gridY), static_cast<unsigned>(b / gridX / gridY)};
    own.run_block(block, shared);
  }
}
