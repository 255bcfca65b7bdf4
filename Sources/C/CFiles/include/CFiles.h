#ifndef FOLIO_CFILES_H
#define FOLIO_CFILES_H

/// The kind of file system that an open file lies on, by its number in <linux/magic.h>; -1 if that is not known.
long folio_file_system_kind(int descriptor);

#endif
