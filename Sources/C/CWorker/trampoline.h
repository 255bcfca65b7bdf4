// A function that comes before one of another library, and goes on to it with all registers as they were: for functions whose arguments are not
// ours to know, or whose calling convention C does not have.
#ifndef FOLIO_TRAMPOLINE_H
#define FOLIO_TRAMPOLINE_H

#if !defined(__x86_64__)
#error "Functions of the runtime are taken over on x86-64 only."
#endif

/// Defines `name`, which calls `note(first argument, return address)` and then the next definition of `name`.
#define TRAMPOLINE(name, note)                                                                                          \
  static void *next_##name __attribute__((used)) = NULL;                                                                \
  __attribute__((used)) static void *enter_##name(uintptr_t first, uintptr_t caller) {                                  \
    note(first, caller);                                                                                                \
    if (!next_##name) next_##name = folio_next_symbol(#name);                                                           \
    return next_##name;                                                                                                 \
  }                                                                                                                     \
  __attribute__((naked, visibility("default"))) void name(void) {                                                       \
    __asm__ volatile(                                                                                                   \
        "pushq %rbp\n movq %rsp, %rbp\n"                                                                                \
        "pushq %rax\n pushq %rdi\n pushq %rsi\n pushq %rdx\n pushq %rcx\n pushq %r8\n pushq %r9\n pushq %r10\n"         \
        "movq 8(%rbp), %rsi\n call enter_" #name "\n movq %rax, %r11\n"                                                 \
        "popq %r10\n popq %r9\n popq %r8\n popq %rcx\n popq %rdx\n popq %rsi\n popq %rdi\n popq %rax\n"                 \
        "popq %rbp\n jmpq *%r11\n");                                                                                    \
  }

/// The definition of a symbol in the libraries after the program; ends the process if there is none.
void *folio_next_symbol(const char *name);

#endif
