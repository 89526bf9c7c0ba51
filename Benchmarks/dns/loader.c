/* Loads a DNS server on 127.0.0.1 over UDP, in batches.

       loader PORT QUERIES SECONDS RATE WINDOW

   QUERIES holds messages behind their lengths. RATE 0: as many as the server takes, WINDOW of them
   on their way at once. RATE n: n a second at random times (Poisson), whether answered or not, and
   times count from when a query should have gone out, so that a server that stalls cannot slow its
   own measurement down. Prints one line of JSON. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, ANSWER_OCTETS = 4096, IDS = 65536, BUCKETS = 2000000 };
static const uint64_t STALLED = 200000000; /* ns without an answer: what is out was lost */

static struct iovec *queries;
static size_t query_count;
static uint64_t due[IDS]; /* when the query with an id should have gone out; 0: answered */
static uint32_t buckets[BUCKETS + 1]; /* answers by microseconds */
static struct {
    uint64_t sent, received, lost, octets, errors;
} total;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void load(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path);
    size_t room = 0;
    int high, low;
    while ((high = getc(file)) != EOF && (low = getc(file)) != EOF) {
        size_t octets = (size_t)high << 8 | (size_t)low;
        if (query_count == room) {
            room = room == 0 ? 1024 : room * 2;
            queries = realloc(queries, room * sizeof *queries);
            if (queries == NULL) fail("memory");
        }
        uint8_t *message = malloc(octets + 1);
        if (message == NULL || fread(message, 1, octets, file) != octets) fail(path);
        queries[query_count++] = (struct iovec){message, octets};
    }
    fclose(file);
    if (query_count == 0) exit(1);
}

static int connect_to(int port)
{
    int made = socket(AF_INET, SOCK_DGRAM, 0);
    int octets = 4 << 20;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(made, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    setsockopt(made, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
    if (made < 0 || connect(made, (struct sockaddr *)&address, sizeof address) != 0) fail("socket");
    return made;
}

/* Sends up to BATCH queries, each with the time it was due at. */
static unsigned send_batch(int to, unsigned count, const uint64_t *times)
{
    static uint16_t id;
    static size_t next;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH][2];
    static uint16_t ids[BATCH];
    memset(messages, 0, sizeof messages);
    for (unsigned index = 0; index < count; index++) {
        const struct iovec *query = &queries[next];
        next = (next + 1) % query_count;
        ids[index] = htons(id);
        if (due[id] != 0) total.lost++;
        due[id] = times[index];
        id++;
        parts[index][0] = (struct iovec){&ids[index], 2};
        parts[index][1] = (struct iovec){(uint8_t *)query->iov_base + 2, query->iov_len - 2};
        messages[index].msg_hdr.msg_iov = parts[index];
        messages[index].msg_hdr.msg_iovlen = 2;
    }
    unsigned done = 0;
    while (done < count) {
        int sent = sendmmsg(to, messages + done, count - done, 0);
        if (sent < 0 && errno != EINTR && errno != ECONNREFUSED) fail("sendmmsg");
        if (sent > 0) done += (unsigned)sent;
    }
    total.sent += count;
    return count;
}

/* Takes what has come. */
static unsigned receive_batch(int from)
{
    static uint8_t room[BATCH][ANSWER_OCTETS];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    memset(messages, 0, sizeof messages);
    for (unsigned index = 0; index < BATCH; index++) {
        parts[index] = (struct iovec){room[index], ANSWER_OCTETS};
        messages[index].msg_hdr.msg_iov = &parts[index];
        messages[index].msg_hdr.msg_iovlen = 1;
    }
    int count = recvmmsg(from, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0) return 0;
    uint64_t time = now();
    unsigned taken = 0;
    for (int index = 0; index < count; index++) {
        uint16_t id = (uint16_t)(room[index][0] << 8 | room[index][1]);
        if (messages[index].msg_len < 12 || due[id] == 0) continue;
        uint64_t micros = time > due[id] ? (time - due[id]) / 1000 : 0;
        buckets[micros < BUCKETS ? micros : BUCKETS]++;
        due[id] = 0;
        int code = room[index][3] & 15;
        if (code != 0 && code != 3) total.errors++;
        total.octets += messages[index].msg_len;
        taken++;
    }
    total.received += taken;
    return taken;
}

static void flood(int socket, uint64_t end, unsigned window)
{
    unsigned out = 0;
    uint64_t heard = now();
    for (uint64_t time = heard; time < end; time = now()) {
        while (out + BATCH <= window) {
            uint64_t times[BATCH];
            for (unsigned index = 0; index < BATCH; index++) times[index] = time;
            out += send_batch(socket, BATCH, times);
        }
        struct pollfd wait = {.fd = socket, .events = POLLIN};
        poll(&wait, 1, 10);
        unsigned taken = receive_batch(socket);
        out -= taken < out ? taken : out;
        if (taken > 0) heard = now();
        if (now() - heard > STALLED) {
            out = 0;
            heard = now();
        }
    }
}

static void steady(int socket, uint64_t begin, uint64_t end, double rate)
{
    double next = (double)begin;
    for (uint64_t time = begin; time < end; time = now()) {
        uint64_t times[BATCH];
        unsigned count = 0;
        while (next <= (double)time && count < BATCH) {
            times[count++] = (uint64_t)next;
            next += -log(1 - drand48()) / rate * 1e9;
        }
        if (count > 0) send_batch(socket, count, times);
        while (receive_batch(socket) > 0) { }
    }
}

static uint64_t percentile(double share)
{
    uint64_t wanted = (uint64_t)((double)total.received * share);
    uint64_t seen = 0;
    for (unsigned index = 0; index <= BUCKETS; index++) {
        seen += buckets[index];
        if (seen > wanted) return index;
    }
    return BUCKETS;
}

int main(int count, char **words)
{
    if (count != 6) return 2;
    load(words[2]);
    int socket = connect_to(atoi(words[1]));
    uint64_t begin = now();
    uint64_t end = begin + (uint64_t)(atof(words[3]) * 1e9);
    double rate = atof(words[4]);
    if (rate > 0)
        steady(socket, begin, end, rate);
    else
        flood(socket, end, (unsigned)atoi(words[5]));
    double seconds = (double)(now() - begin) / 1e9;
    for (uint64_t last = now() + STALLED; now() < last;) receive_batch(socket);
    printf("{\"sent\": %lu, \"received\": %lu, \"seconds\": %.3f, \"errors\": %lu, "
           "\"mean_octets\": %.1f, \"p50_us\": %lu, \"p99_us\": %lu}\n",
           total.sent, total.received, seconds, total.errors,
           total.received ? (double)total.octets / (double)total.received : 0.0, percentile(0.5),
           percentile(0.99));
    return 0;
}
