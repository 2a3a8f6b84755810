/* file.h - whole files: written so that nothing half done is ever seen, read so that nothing odd gets in.
 *
 * Writing goes to a temporary name, and the old file stays as it was until the new one is safely on the disk. Reading
 * takes regular files only: a FIFO could block for ever, a device has no end. Nothing is mapped into memory, since a
 * file that shrinks under a mapping kills the process. What the bytes mean is not this file's business. */
#ifndef FILE_H
#define FILE_H

#include "error.h"

/* Writes a whole file under `path`, replacing a regular file of that name: temporary name in the same folder, flush,
 * rename, flush of the folder. False with a message (LCNN_BAD_IO); no temporary file is left then, and a file that was
 * there before has its old bytes (except when only the flush of the folder failed, which the message says). */
bool file_write(const char *path, const void *bytes, size_t size, lcnn_errors *errors);

/* Parts of the same, for what is written piece by piece; false: errno. Some file systems cannot flush a folder, which is no
 * failure. */
bool file_write_all(int descriptor, const void *bytes, size_t size);
bool file_flush_folder(int folder);

/* Reads a whole regular file of at most `limit` bytes into memory of malloc, with a NUL (not counted) after the last
 * byte. NULL with a message: of `status` when the file is not there, no regular file, too large or changing, of
 * LCNN_BAD_IO when reading fails. */
char *file_read(const char *path, size_t limit, size_t *size, lcnn_status status, lcnn_errors *errors);

/* The same in pieces, for a file that says in its first bytes how long it is. */
typedef struct file_input {
    int descriptor;
    const char *path;
    uint64_t size; /* in bytes, when it was opened */
    lcnn_status status;
} file_input;

bool file_open(file_input *in, const char *path, lcnn_status status, lcnn_errors *errors);
/* The next `size` bytes, all of them or false with a message. */
bool file_next(file_input *in, void *bytes, size_t size, lcnn_errors *errors);
void file_close(file_input *in);

#endif
