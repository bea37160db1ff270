#ifndef CWEB_H
#define CWEB_H

#include <stddef.h>

/// A file of the pages, as it lay on the disk when this was built.
typedef struct {
    /// What it is served as: `room.js`.
    const char *_Nullable name;
    /// Where it came from, below this folder, or from the root: `scripts/room.js`.
    const char *_Nullable path;
    const unsigned char *_Nullable bytes;
    size_t count;
} web_file;

/// The first of them all; the end has no name.
extern const web_file *const _Nonnull web_files;

#endif
