/* Unix sockets: addresses, whose sizes Swift cannot write down, and SO_PEERCRED and SO_PEERGROUPS,
   which need _GNU_SOURCE. Functions that can fail give a negative errno. */
#pragma once
#include <stdint.h>

/* Makes a stream socket that is bound to `path` and does not listen yet, so that nobody can connect.
   Nobody but the owner may, either, until its mode is changed: there is no moment with another one.
   Gives its descriptor. */
int pipam_unix_bind(const char *path);

/* Connects to `path`. Gives the connection's descriptor. */
int pipam_unix_connect(const char *path);

/* The same without waiting, now or later on the connection: where the listener has enough connections
   to accept, this is -EAGAIN. */
int pipam_unix_try_connect(const char *path);

/* Who connected, or at the connecting end who listens. */
struct pipam_unix_peer {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

/* Gives 0. */
int pipam_unix_peer(int socket, struct pipam_unix_peer *peer);

/* The peer's supplementary groups: fills in up to `capacity` of them and gives how many there are,
   which is an error, -ERANGE, if it is more. */
int pipam_unix_peer_groups(int socket, uint32_t *groups, unsigned capacity);
