#define _GNU_SOURCE
#include "Datagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* IPv6 promises that packets of this size pass everywhere (RFC 8200 section 5). */
#define LEAST_IPV6_MTU 1280

union control {
    struct cmsghdr align;
    uint8_t room4[CMSG_SPACE(sizeof(struct in_pktinfo))];
    uint8_t room6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct pipam_datagrams {
    unsigned capacity;
    unsigned received;
    size_t query_octets;
    size_t answer_octets;
    bool keeps_interface;
    struct mmsghdr *queries;
    struct mmsghdr *answers;
    struct iovec *query_parts;
    struct iovec *answer_parts;
    struct sockaddr_in6 *peers;
    union control *query_controls;
    union control *answer_controls;
    size_t *answer_lengths;
    uint8_t *query_bytes;
    uint8_t *answer_bytes;
};

static int set(int socket, int level, int name, int value)
{
    return setsockopt(socket, level, name, &value, sizeof value) == 0 ? 0 : -errno;
}

/* Answers fit into the least MTU, so nothing needs path MTU discovery; OMIT never sets DF and does
   not believe ICMP messages that ask for smaller packets, which anyone can forge to make servers
   send fragments, and fragments can be poisoned (RFC 9715). */
static int prepare4(int socket)
{
    int status = set(socket, IPPROTO_IP, IP_PKTINFO, 1);
    return status != 0 ? status
                       : set(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
}

static int prepare6(int socket)
{
    int status = set(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    if (status == 0) status = set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (status == 0) status = set(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    return status != 0 ? status : set(socket, IPPROTO_IPV6, IPV6_MTU, LEAST_IPV6_MTU);
}

static int prepare(int socket, const struct pipam_datagram_options *options)
{
    struct timeval wait = {
        .tv_sec = options->wake_milliseconds / 1000,
        .tv_usec = options->wake_milliseconds % 1000 * 1000,
    };
    int status = options->address_octets == 4 ? prepare4(socket) : prepare6(socket);
    if (status == 0 && options->shares_port) status = set(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    if (status == 0 && setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
        status = -errno;
    /* Sizes are a wish: the kernel caps them at net.core.rmem_max and wmem_max. */
    if (status == 0) status = set(socket, SOL_SOCKET, SO_RCVBUF, options->buffer_octets);
    if (status == 0) status = set(socket, SOL_SOCKET, SO_SNDBUF, options->buffer_octets);
    return status;
}

static socklen_t fill(struct sockaddr_storage *to, const struct pipam_datagram_options *options)
{
    memset(to, 0, sizeof *to);
    if (options->address_octets == 4) {
        struct sockaddr_in *address = (struct sockaddr_in *)to;
        address->sin_family = AF_INET;
        address->sin_port = htons(options->port);
        memcpy(&address->sin_addr, options->address, 4);
        return sizeof *address;
    }
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)to;
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(options->port);
    memcpy(&address->sin6_addr, options->address, 16);
    return sizeof *address;
}

static int bind_to(int socket, const struct pipam_datagram_options *options, uint16_t *bound_port)
{
    struct sockaddr_storage address;
    socklen_t octets = fill(&address, options);
    if (bind(socket, (struct sockaddr *)&address, octets) != 0) return -errno;
    if (getsockname(socket, (struct sockaddr *)&address, &octets) != 0) return -errno;
    *bound_port = ntohs(options->address_octets == 4
                            ? ((struct sockaddr_in *)&address)->sin_port
                            : ((struct sockaddr_in6 *)&address)->sin6_port);
    return 0;
}

int pipam_datagram_socket(const struct pipam_datagram_options *options, uint16_t *bound_port)
{
    if (options->address_octets != 4 && options->address_octets != 16) return -EINVAL;
    int family = options->address_octets == 4 ? AF_INET : AF_INET6;
    int made = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (made < 0) return -errno;
    int status = prepare(made, options);
    if (status == 0) status = bind_to(made, options, bound_port);
    if (status == 0) return made;
    close(made);
    return status;
}

void pipam_datagram_wake(int socket)
{
    /* An unconnected socket makes this fail with ENOTCONN, but Linux marks the socket and wakes
       whoever waits on it all the same (inet_shutdown in net/ipv4/af_inet.c). */
    shutdown(socket, SHUT_RDWR);
}

void pipam_datagram_close(int socket)
{
    close(socket);
}

static void point_at_rooms(struct pipam_datagrams *batch)
{
    for (unsigned index = 0; index < batch->capacity; index++) {
        struct msghdr *query = &batch->queries[index].msg_hdr;
        batch->query_parts[index].iov_base = batch->query_bytes + index * batch->query_octets;
        batch->query_parts[index].iov_len = batch->query_octets;
        query->msg_iov = &batch->query_parts[index];
        query->msg_iovlen = 1;
        query->msg_name = &batch->peers[index];
        query->msg_control = &batch->query_controls[index];
    }
}

struct pipam_datagrams *pipam_datagrams_create(
    unsigned capacity, size_t query_octets, size_t answer_octets, bool keeps_interface)
{
    struct pipam_datagrams *batch = calloc(1, sizeof *batch);
    if (batch == NULL) return NULL;
    batch->capacity = capacity;
    batch->query_octets = query_octets;
    batch->answer_octets = answer_octets;
    batch->keeps_interface = keeps_interface;
    batch->queries = calloc(capacity, sizeof *batch->queries);
    batch->answers = calloc(capacity, sizeof *batch->answers);
    batch->query_parts = calloc(capacity, sizeof *batch->query_parts);
    batch->answer_parts = calloc(capacity, sizeof *batch->answer_parts);
    batch->peers = calloc(capacity, sizeof *batch->peers);
    batch->query_controls = calloc(capacity, sizeof *batch->query_controls);
    batch->answer_controls = calloc(capacity, sizeof *batch->answer_controls);
    batch->answer_lengths = calloc(capacity, sizeof *batch->answer_lengths);
    batch->query_bytes = calloc(capacity, query_octets);
    batch->answer_bytes = calloc(capacity, answer_octets);
    if (batch->queries == NULL || batch->answers == NULL || batch->query_parts == NULL ||
        batch->answer_parts == NULL || batch->peers == NULL || batch->query_controls == NULL ||
        batch->answer_controls == NULL || batch->answer_lengths == NULL ||
        batch->query_bytes == NULL || batch->answer_bytes == NULL) {
        pipam_datagrams_destroy(batch);
        return NULL;
    }
    point_at_rooms(batch);
    return batch;
}

void pipam_datagrams_destroy(struct pipam_datagrams *batch)
{
    free(batch->queries);
    free(batch->answers);
    free(batch->query_parts);
    free(batch->answer_parts);
    free(batch->peers);
    free(batch->query_controls);
    free(batch->answer_controls);
    free(batch->answer_lengths);
    free(batch->query_bytes);
    free(batch->answer_bytes);
    free(batch);
}

int pipam_datagrams_receive(struct pipam_datagrams *batch, int socket)
{
    for (unsigned index = 0; index < batch->capacity; index++) {
        struct msghdr *query = &batch->queries[index].msg_hdr;
        /* The kernel overwrote these with what it delivered last time. */
        query->msg_namelen = sizeof batch->peers[index];
        query->msg_controllen = sizeof batch->query_controls[index];
        query->msg_flags = 0;
        batch->answer_lengths[index] = 0;
    }
    batch->received = 0;
    int count = recvmmsg(socket, batch->queries, batch->capacity, MSG_WAITFORONE, NULL);
    if (count < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
    batch->received = (unsigned)count;
    return count;
}

const uint8_t *pipam_datagrams_query(
    const struct pipam_datagrams *batch, unsigned index, size_t *octets)
{
    const struct mmsghdr *query = &batch->queries[index];
    *octets = query->msg_hdr.msg_flags & MSG_TRUNC ? 0 : query->msg_len;
    return batch->query_bytes + index * batch->query_octets;
}

uint16_t pipam_datagrams_peer_port(const struct pipam_datagrams *batch, unsigned index)
{
    /* The port lies at the same place in both families' addresses. */
    return ntohs(batch->peers[index].sin6_port);
}

size_t pipam_datagrams_peer_address(
    const struct pipam_datagrams *batch, unsigned index, const uint8_t **octets)
{
    const struct sockaddr_in6 *peer = &batch->peers[index];
    if (peer->sin6_family == AF_INET6) {
        *octets = peer->sin6_addr.s6_addr;
        return sizeof peer->sin6_addr.s6_addr;
    }
    *octets = (const uint8_t *)&((const struct sockaddr_in *)peer)->sin_addr;
    return peer->sin6_family == AF_INET ? sizeof(struct in_addr) : 0;
}

size_t pipam_datagrams_local_address(
    const struct pipam_datagrams *batch, unsigned index, const uint8_t **octets)
{
    struct msghdr *query = &batch->queries[index].msg_hdr;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(query); part; part = CMSG_NXTHDR(query, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            *octets = CMSG_DATA(part) + offsetof(struct in_pktinfo, ipi_addr);
            return sizeof(struct in_addr);
        }
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            *octets = CMSG_DATA(part) + offsetof(struct in6_pktinfo, ipi6_addr);
            return sizeof(struct in6_addr);
        }
    }
    return 0;
}

uint8_t *pipam_datagrams_answer(struct pipam_datagrams *batch, unsigned index)
{
    return batch->answer_bytes + index * batch->answer_octets;
}

void pipam_datagrams_set_answer(struct pipam_datagrams *batch, unsigned index, size_t octets)
{
    batch->answer_lengths[index] = octets <= batch->answer_octets ? octets : 0;
}

/* Builds the control message that makes an answer leave from where its query arrived. */
static void set_source(
    const struct pipam_datagrams *batch, struct msghdr *query, union control *room,
    struct msghdr *answer)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(query); part; part = CMSG_NXTHDR(query, part)) {
        bool is4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO;
        bool is6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO;
        if (!is4 && !is6) continue;
        memcpy(room, part, part->cmsg_len);
        if (is4) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            info.ipi_spec_dst = info.ipi_addr;
            if (!batch->keeps_interface) info.ipi_ifindex = 0;
            memcpy(CMSG_DATA(&room->align), &info, sizeof info);
            answer->msg_controllen = sizeof room->room4;
        } else {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            if (!batch->keeps_interface && !IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                info.ipi6_ifindex = 0;
            memcpy(CMSG_DATA(&room->align), &info, sizeof info);
            answer->msg_controllen = sizeof room->room6;
        }
        answer->msg_control = room;
        return;
    }
}

static unsigned gather(struct pipam_datagrams *batch)
{
    unsigned count = 0;
    for (unsigned index = 0; index < batch->received; index++) {
        if (batch->answer_lengths[index] == 0) continue;
        struct msghdr *query = &batch->queries[index].msg_hdr;
        struct msghdr *answer = &batch->answers[count].msg_hdr;
        batch->answer_parts[count].iov_base = batch->answer_bytes + index * batch->answer_octets;
        batch->answer_parts[count].iov_len = batch->answer_lengths[index];
        memset(answer, 0, sizeof *answer);
        answer->msg_name = query->msg_name;
        answer->msg_namelen = query->msg_namelen;
        answer->msg_iov = &batch->answer_parts[count];
        answer->msg_iovlen = 1;
        set_source(batch, query, &batch->answer_controls[count], answer);
        count++;
    }
    return count;
}

int pipam_datagrams_send(struct pipam_datagrams *batch, int socket)
{
    unsigned count = gather(batch);
    unsigned next = 0;
    int sent = 0;
    while (next < count) {
        int done = sendmmsg(socket, batch->answers + next, count - next, 0);
        if (done > 0) {
            sent += done;
            next += (unsigned)done;
        } else if (errno != EINTR) {
            /* The error is that of the first message alone: a peer that cannot be reached must not
               cost the others their answers. */
            next++;
        }
    }
    return sent;
}
