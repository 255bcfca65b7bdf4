// What a compiled cell's library holds: its code's addresses and its variables. See CWorker.h.

#define _GNU_SOURCE
#include "include/CWorker.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST_LIBRARIES 65536

static struct {
  uintptr_t start, end;
} code[MOST_LIBRARIES];
static _Atomic size_t library_count = 0;

static int find_code(struct dl_phdr_info *info, size_t size, void *base) {
  (void)size;
  if (info->dlpi_addr != *(uintptr_t *)base) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    size_t place = library_count;
    if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || place >= MOST_LIBRARIES) continue;
    code[place].start = info->dlpi_addr + header->p_vaddr;
    code[place].end = code[place].start + header->p_memsz;
    atomic_store(&library_count, place + 1);
  }
  return 1;
}

void folio_library_loaded(void *library) {
  struct link_map *map = library;
  uintptr_t base = map->l_addr;
  dl_iterate_phdr(find_code, &base);
}

bool folio_is_cell_code(uintptr_t address) {
  for (size_t i = 0, count = library_count; i < count; i++) {
    if (address >= code[i].start && address < code[i].end) return true;
  }
  return false;
}

extern char __executable_start, etext;

bool folio_is_worker_code(uintptr_t address) { return address >= (uintptr_t)&__executable_start && address < (uintptr_t)&etext; }

static _Atomic bool is_barred = false;

bool folio_cell_code_is_barred(void) { return is_barred; }

void folio_bar_cell_code(bool bars) {
  if (bars == is_barred) return;
  if (bars) is_barred = true;
  uintptr_t page = (uintptr_t)getpagesize();
  for (size_t i = 0, count = library_count; i < count; i++) {
    uintptr_t start = code[i].start & ~(page - 1), end = (code[i].end + page - 1) & ~(page - 1);
    mprotect((void *)start, end - start, bars ? PROT_READ : PROT_READ | PROT_EXEC);
  }
  if (!bars) is_barred = false;
}

void *folio_own_symbol(void *library, const char *name) {
  // A library that lacks the symbol finds another's, which is in the global scope.
  void *symbol = dlsym(library, name);
  Dl_info info;
  bool is_own = symbol && dladdr(symbol, &info) && (uintptr_t)info.dli_fbase == ((struct link_map *)library)->l_addr;
  return is_own ? symbol : NULL;
}

void folio_each_import(void *library, void *context, void (*visit)(void *context, const char *name)) {
  const struct link_map *map = library;
  const ElfW(Sym) *symbols = NULL;
  const char *names = NULL;
  const ElfW(Word) *hash = NULL;
  for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
    if (entry->d_tag == DT_SYMTAB) symbols = (const void *)entry->d_un.d_ptr;
    if (entry->d_tag == DT_STRTAB) names = (const void *)entry->d_un.d_ptr;
    if (entry->d_tag == DT_HASH) hash = (const void *)entry->d_un.d_ptr;
  }
  if (!symbols || !names || !hash) return;
  // The second word of the hash table is the number of symbols.
  for (ElfW(Word) i = 0; i < hash[1]; i++) {
    if (symbols[i].st_shndx == SHN_UNDEF) visit(context, names + symbols[i].st_name);
  }
}
