#include "CFiles.h"

#include <sys/vfs.h>

long folio_file_system_kind(int descriptor) {
  struct statfs status;
  // The number has 32 bits, and a sign on some machines.
  return fstatfs(descriptor, &status) == 0 ? (long)(unsigned int)status.f_type : -1;
}
