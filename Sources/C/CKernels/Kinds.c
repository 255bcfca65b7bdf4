#include "Kinds.h"

static int kind_of_machine(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512dq"))
    return ck_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) return ck_avx2;
#endif
  return ck_plain;
}

/// The kind of a CPU by OpenBLAS's name of it (its cpuid_x86.c); of an unknown one the best, since OpenBLAS does not heed it either.
static int kind_of_name(const char *name) {
  static const char *const plain[] = {
    "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Core2", "Penryn", "Dunnington", "Atom", "Nehalem", "Sandybridge",
    "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Bulldozer", "Piledriver", "Steamroller", "Nano",
  };
  static const char *const avx2[] = {"Haswell", "Excavator", "Zen"};
  for (size_t i = 0; i < sizeof avx2 / sizeof *avx2; i++)
    if (strcasecmp(name, avx2[i]) == 0) return ck_avx2;
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strcasecmp(name, plain[i]) == 0) return ck_plain;
  return ck_avx512;
}

static int kind;

__attribute__((constructor)) static void choose(void) {
  const char *name = getenv("FOLIO_CORETYPE");
  int best = kind_of_machine(), named = name ? kind_of_name(name) : best;
  kind = named < best ? named : best;
}

int ck_kind(void) { return kind; }
