/* UDP in batches: recvmmsg and sendmmsg with IP_PKTINFO, which need _GNU_SOURCE and macros that
   Swift cannot import. Functions that can fail give a negative errno. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How to make a socket. */
struct pipam_datagram_options {
    const uint8_t *address;       /* network order */
    size_t address_octets;        /* 4 or 16 */
    uint16_t port;                /* host order; 0 lets the kernel choose */
    bool shares_port;             /* SO_REUSEPORT: several sockets, the kernel spreads clients */
    int buffer_octets;            /* receive and send buffer asked for; the kernel may give less */
    int wake_milliseconds;        /* a receive gives up after so long without a message */
};

/* Makes a bound socket. Gives its descriptor, and its port in host order through `bound_port`. */
int pipam_datagram_socket(const struct pipam_datagram_options *options, uint16_t *bound_port);

/* Makes a receive that waits on the socket return at once, now and for ever; what it then gives are
   empty messages. */
void pipam_datagram_wake(int socket);

/* Closes the descriptor. */
void pipam_datagram_close(int socket);

/* Up to `capacity` received messages and the answers to them. Belongs to one thread. */
struct pipam_datagrams;

/* Makes a batch; null if memory is short. With `keeps_interface` an answer leaves by the interface
   its query came in by, without it the routing table decides; link-local peers always keep it. */
struct pipam_datagrams *pipam_datagrams_create(
    unsigned capacity, size_t query_octets, size_t answer_octets, bool keeps_interface);
void pipam_datagrams_destroy(struct pipam_datagrams *batch);

/* Waits for one message and takes what else is there. Gives how many arrived, 0 after the time-out.
   Forgets the messages before. */
int pipam_datagrams_receive(struct pipam_datagrams *batch, int socket);

/* One received message; it lives until the next receive. A message longer than the room for it was
   cut off and counts as empty. */
const uint8_t *pipam_datagrams_query(
    const struct pipam_datagrams *batch, unsigned index, size_t *octets);

/* The sender's port in host order. */
uint16_t pipam_datagrams_peer_port(const struct pipam_datagrams *batch, unsigned index);

/* The sender's address in network order: gives how many octets it has, 4, 16, or 0 if it is none. */
size_t pipam_datagrams_peer_address(
    const struct pipam_datagrams *batch, unsigned index, const uint8_t **octets);

/* The address that the message was sent to, in the same form. */
size_t pipam_datagrams_local_address(
    const struct pipam_datagrams *batch, unsigned index, const uint8_t **octets);

/* Room for the answer to a message, `answer_octets` long. */
uint8_t *pipam_datagrams_answer(struct pipam_datagrams *batch, unsigned index);

/* How long the answer is; 0, as after a receive, means that none is sent. */
void pipam_datagrams_set_answer(struct pipam_datagrams *batch, unsigned index, size_t octets);

/* Sends the answers, each from the address its query came to. A message that the kernel refuses is
   skipped. Gives how many were sent. */
int pipam_datagrams_send(struct pipam_datagrams *batch, int socket);
