/* etcd's raft and write-ahead log for Swift. Kept by hand: a test compares it with what the Go
   toolchain exports from ../bridge.

   Numbers in buffers are little-endian; "octets" are a u32 count and that many octets; "ids" a u32
   count and that many u64. Buffers that are passed in stay the caller's and are not kept. A buffer
   that comes back through `out` was made by malloc and is the caller's to free, also after a
   failure, when it holds the reason as text; it may be null then.

   A handle may be used by one thread at a time; different ones at the same time. Nothing here
   calls back. */
#pragma once
#include <stdint.h>

enum {
    PIPAM_RAFT_DONE = 0,
    PIPAM_RAFT_MORE = 1,       /* there is something in `out` */
    PIPAM_RAFT_FAILED = -1,    /* the engine panicked or a file failed: final for this handle */
    PIPAM_RAFT_NO_HANDLE = -2,
    PIPAM_RAFT_MALFORMED = -3, /* not a message */
    PIPAM_RAFT_DROPPED = -4,   /* no leader, a transfer under way, or too much uncommitted */
    PIPAM_RAFT_REFUSED = -5,   /* not from whom it says, or not allowed */
    PIPAM_WAL_DAMAGED = -6,    /* the log cannot be read as it was written */
    PIPAM_WAL_LOCKED = -7      /* another process has it open */
};

/* 34 or 35: etcd 3.4 or 3.5. */
int32_t pipam_raft_engine(void);
/* MORE, and the log lines since the last call: u64 lost ones, u32 count, each u8 level (0 debug to
   3 error), u64 replica or 0, octets text. */
int32_t pipam_raft_take_lines(void **out, int64_t *count);
/* Why calls with this handle fail. */
int32_t pipam_raft_failure(uint64_t handle, void **out, int64_t *count);

/* start: u64 id, u32 election ticks, u32 heartbeat ticks, u32 messages in flight, u64 octets of a
   message, of committed entries at once, of uncommitted ones; u8 1 and u64 seed of its election
   time-outs, or 0; u32 count of first members, each u64
   id and octets context; u8 1 and a snapshot, or 0; u8 1 and a state, or 0; entries.
   snapshot: u64 index, u64 term, ids voters, ids learners, octets data.
   state: u64 term, u64 vote, u64 commit.
   entries: u32 count, each u64 index, u64 term, octets. */
int32_t pipam_raft_open(
    const void *start, int64_t size, uint64_t *handle, void **out, int64_t *count);
void pipam_raft_close(uint64_t handle);
int32_t pipam_raft_tick(uint64_t handle);
int32_t pipam_raft_campaign(uint64_t handle);
int32_t pipam_raft_step(
    uint64_t handle, uint64_t from, int32_t isSnapshot, const void *bytes, int64_t size);
/* Gives what a snapshot's message says: u64 index, u64 term, ids voters, ids learners, octets data.
   MALFORMED for any other message. */
int32_t pipam_raft_describe_snapshot(
    const void *bytes, int64_t size, void **out, int64_t *count);
/* batch: u32 count, each octets. All are taken or none. */
int32_t pipam_raft_propose(uint64_t handle, const void *batch, int64_t size);
/* kind: 0 voter, 1 learner, 2 removal. */
int32_t pipam_raft_propose_change(
    uint64_t handle, int32_t kind, uint64_t id, const void *context, int64_t size);
int32_t pipam_raft_read_index(uint64_t handle, uint64_t context);
int32_t pipam_raft_transfer(uint64_t handle, uint64_t id);
int32_t pipam_raft_unreachable(uint64_t handle, uint64_t id);
int32_t pipam_raft_snapshot_report(uint64_t handle, uint64_t id, int32_t isDelivered);
/* MORE: u8 send before writing, u8 sync, u8 1 and a state or 0, octets data of a snapshot to
   install, entries to write, u32 count of messages, each u64 to, u8 kind (1 heartbeat, 2 snapshot),
   octets, and for a snapshot octets of its data; ids of reads, in turn context and index;
   u64 leader, u8 role, u64 term. It is to be followed by `persisted`. */
int32_t pipam_raft_ready(uint64_t handle, void **out, int64_t *count);
/* What was ready is on disk. Gives: u32 count of committed entries, each u64 index, u64 term, u8 0
   and octets, or u8 1, u8 kind, u64 id, octets context, u8 whether it took effect, ids voters, ids
   learners after it. */
int32_t pipam_raft_persisted(uint64_t handle, void **out, int64_t *count);
/* Forgets entries before the snapshot, but `keeping` and at most so many octets. */
int32_t pipam_raft_compact(
    uint64_t handle, const void *snapshot, int64_t size, uint64_t keeping,
    uint64_t keepingOctets);
/* u64 term, u8 role (0 follower, 1 candidate, 2 leader, 3 pre-candidate), u64 leader, u64 who is to
   become it, u64 commit, u64 applied, u64 first, u64 last, ids voters, ids learners, and on a
   leader u32 count, each u64 id, u64 match, u8 recently active, u8 waits for a snapshot. */
int32_t pipam_raft_status(uint64_t handle, void **out, int64_t *count);

/* For all logs that are made afterwards. */
void pipam_wal_set_segment_octets(int64_t size);
/* request: octets directory, u64 replica, octets metadata. */
int32_t pipam_wal_create(const void *request, int64_t size, void **out, int64_t *count);
/* request: octets directory. Reads all of it and changes nothing. Gives: octets metadata, state,
   u64 last index, u64 last term, u8 whether the end is torn, octets last segment, u64 end of its
   last whole record, u32 count of snapshots, each u64 index, u64 term. Snapshots ahead of the
   state's commit index were never installed. */
int32_t pipam_wal_inspect(const void *request, int64_t size, void **out, int64_t *count);
/* request: octets directory, u64 replica, u64 index and u64 term of the snapshot to begin after,
   u8 1 to cut off a torn end. Gives: state, entries. */
int32_t pipam_wal_open(
    const void *request, int64_t size, uint64_t *handle, void **out, int64_t *count);
/* batch: u8 sync, u8 1 and a state or 0, entries. */
int32_t pipam_wal_save(
    uint64_t handle, const void *batch, int64_t size, void **out, int64_t *count);
/* request: a snapshot as above. */
int32_t pipam_wal_save_snapshot(
    uint64_t handle, const void *request, int64_t size, void **out, int64_t *count);
/* Removes segments that hold nothing after the index. */
int32_t pipam_wal_release(uint64_t handle, uint64_t index, void **out, int64_t *count);
void pipam_wal_close(uint64_t handle);
