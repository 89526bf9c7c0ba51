#define _GNU_SOURCE
#include "FileStatus.h"

#include <errno.h>
#include <sys/stat.h>

static int give(int failed, const struct stat *from, struct pipam_file_status *to)
{
    if (failed) return -errno;
    switch (from->st_mode & S_IFMT) {
    case S_IFREG: to->kind = pipam_file_regular; break;
    case S_IFDIR: to->kind = pipam_file_directory; break;
    case S_IFSOCK: to->kind = pipam_file_socket; break;
    default: to->kind = pipam_file_other; break;
    }
    to->mode = from->st_mode & 07777;
    to->user = from->st_uid;
    to->group = from->st_gid;
    to->inode = from->st_ino;
    to->octets = from->st_size > 0 ? (uint64_t)from->st_size : 0;
    to->disk_octets = from->st_blocks > 0 ? (uint64_t)from->st_blocks * 512 : 0;
    to->changed_seconds = from->st_mtim.tv_sec;
    return 0;
}

int pipam_status_of_descriptor(int descriptor, struct pipam_file_status *status)
{
    struct stat found;
    return give(fstat(descriptor, &found), &found, status);
}

int pipam_status_of_path(const char *path, struct pipam_file_status *status)
{
    struct stat found;
    return give(stat(path, &found), &found, status);
}

int pipam_status_of_name(const char *path, struct pipam_file_status *status)
{
    struct stat found;
    return give(lstat(path, &found), &found, status);
}
