#define _GNU_SOURCE
#include "UnixSockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make(const char *path, int flags, struct sockaddr_un *address)
{
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, path);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    return made < 0 ? -errno : made;
}

int pipam_unix_bind(const char *path)
{
    struct sockaddr_un address;
    int made = make(path, 0, &address);
    if (made < 0) return made;
    /* On Linux the file takes its mode from the socket (unix_bind in net/unix/af_unix.c). */
    if (fchmod(made, S_IRUSR | S_IWUSR) == 0 &&
        bind(made, (struct sockaddr *)&address, sizeof address) == 0)
        return made;
    int status = -errno;
    close(made);
    return status;
}

static int connect_to(const char *path, int flags)
{
    struct sockaddr_un address;
    int made = make(path, flags, &address);
    if (made < 0) return made;
    if (connect(made, (struct sockaddr *)&address, sizeof address) == 0) return made;
    int status = -errno;
    close(made);
    return status;
}

int pipam_unix_connect(const char *path)
{
    return connect_to(path, 0);
}

int pipam_unix_try_connect(const char *path)
{
    return connect_to(path, SOCK_NONBLOCK);
}

int pipam_unix_peer(int socket, struct pipam_unix_peer *peer)
{
    struct ucred credentials;
    socklen_t octets = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &octets) != 0) return -errno;
    peer->process = credentials.pid;
    peer->user = credentials.uid;
    peer->group = credentials.gid;
    return 0;
}

int pipam_unix_peer_groups(int socket, uint32_t *groups, unsigned capacity)
{
    socklen_t octets = capacity * sizeof *groups;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &octets) != 0) return -errno;
    return (int)(octets / sizeof *groups);
}
