/* What the kernel knows of a file. Swift code that imports Glibc and a module of SwiftNIO sees two
   modules that declare `struct stat`, and a whole-module build may take the one whose fields it is
   not allowed to use. Functions that can fail give a negative errno, and leave errno alone. */
#pragma once
#include <stdint.h>

enum pipam_file_kind {
    pipam_file_regular,
    pipam_file_directory,
    pipam_file_socket,
    pipam_file_other /* a symbolic link, a device, a FIFO */
};

struct pipam_file_status {
    enum pipam_file_kind kind;
    uint32_t mode;            /* the lower twelve bits */
    uint32_t user;
    uint32_t group;
    uint64_t inode;
    uint64_t octets;          /* how long it is */
    uint64_t disk_octets;     /* what it takes on the disk */
    int64_t changed_seconds;  /* when its content changed, since 1970 */
};

/* Of an open file. Gives 0. */
int pipam_status_of_descriptor(int descriptor, struct pipam_file_status *status);

/* Of what has that name, or what a symbolic link of that name leads to. Gives 0. */
int pipam_status_of_path(const char *path, struct pipam_file_status *status);

/* Of what has that name, be it a symbolic link. Gives 0. */
int pipam_status_of_name(const char *path, struct pipam_file_status *status);
