// The symbols of a cell's library, those that it does not export among them. See CWorker.h.

#define _GNU_SOURCE
#include "include/CWorker.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Whether a part of the file lies within it.
static bool is_within(size_t size, size_t offset, size_t length) { return offset <= size && length <= size - offset; }

static bool visit_symbols(
    const char *file, size_t size, uintptr_t base, void *context,
    void (*visit)(void *context, const char *name, void *address, size_t size)) {
  const ElfW(Ehdr) *header = (const void *)file;
  if (size < sizeof *header || !is_within(size, header->e_shoff, (size_t)header->e_shnum * sizeof(ElfW(Shdr)))) return false;
  const ElfW(Shdr) *sections = (const void *)(file + header->e_shoff);
  for (int i = 0; i < header->e_shnum; i++) {
    if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum) continue;
    const ElfW(Shdr) *strings = &sections[sections[i].sh_link];
    if (!is_within(size, sections[i].sh_offset, sections[i].sh_size) || !is_within(size, strings->sh_offset, strings->sh_size)) return false;
    const ElfW(Sym) *symbols = (const void *)(file + sections[i].sh_offset);
    for (size_t j = 0; j < sections[i].sh_size / sizeof *symbols; j++) {
      const ElfW(Sym) *symbol = &symbols[j];
      if (ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT || symbol->st_shndx == SHN_UNDEF || symbol->st_name >= strings->sh_size) continue;
      visit(context, file + strings->sh_offset + symbol->st_name, (void *)(base + symbol->st_value), symbol->st_size);
    }
    return true;
  }
  return false;
}

bool folio_each_object(
    void *library, const char *path, void *context, void (*visit)(void *context, const char *name, void *address, size_t size)) {
  // Not by `open`, which is noted as a cell's.
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  struct stat status;
  bool found = false;
  if (file >= 0 && syscall(SYS_fstat, file, &status) == 0 && status.st_size > 0) {
    char *bytes = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes != MAP_FAILED) {
      found = visit_symbols(bytes, status.st_size, ((struct link_map *)library)->l_addr, context, visit);
      munmap(bytes, status.st_size);
    }
  }
  if (file >= 0) close(file);
  return found;
}
