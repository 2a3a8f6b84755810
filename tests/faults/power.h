/* power.h - what a power cut would take away: whatever was not flushed when it came (power.c). For faults.c. */
#ifndef POWER_H
#define POWER_H

#include <stdbool.h>

/* Said after it was done, with the path as the program gave it, seen from `folder` (or AT_FDCWD). */
void power_made(int folder, const char *path, bool is_folder);
void power_wrote(int fd);   /* or may write, through a stream */
void power_flushed(int fd); /* of a file or a folder */

/* Said before it is done. */
void power_renames(int from_folder, const char *from, int to_folder, const char *to);
void power_removes(int folder, const char *path);

/* Takes it away: the files and folders are then as a disk would hold them that kept nothing but what was flushed. */
void power_cut(void);

#endif
