//go:build etcd35

package main

import (
	"unsafe"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/raft/v3"
	"go.etcd.io/etcd/raft/v3/raftpb"
	"go.etcd.io/etcd/raft/v3/tracker"
	"go.etcd.io/etcd/server/v3/wal"
	"go.etcd.io/etcd/server/v3/wal/walpb"
)

// What the bridge uses of etcd 3.5, as Debian 13 has it. etcd34.go names the same of etcd 3.4.

const engineVersion = 35

type (
	rawNode       = raft.RawNode
	memoryStorage = raft.MemoryStorage
	ready         = raft.Ready
	config        = raft.Config
	bootstrapPeer = raft.Peer
	message       = raftpb.Message
	entry         = raftpb.Entry
	hardState     = raftpb.HardState
	confState     = raftpb.ConfState
	confChange    = raftpb.ConfChange
	snapshot      = raftpb.Snapshot
	writeAheadLog = wal.WAL
	logSnapshot   = walpb.Snapshot
	logRecord     = walpb.Record
)

const (
	stateSnapshot  = tracker.StateSnapshot
	snapshotFinish = raft.SnapshotFinish
	snapshotFailed = raft.SnapshotFailure
	stateLeader    = raft.StateLeader

	entryNormal     = raftpb.EntryNormal
	entryConfChange = raftpb.EntryConfChange

	addVoter   = raftpb.ConfChangeAddNode
	addLearner = raftpb.ConfChangeAddLearnerNode
	removeNode = raftpb.ConfChangeRemoveNode

	messageProposal  = raftpb.MsgProp
	messageSnapshot  = raftpb.MsgSnap
	messageHeartbeat = raftpb.MsgHeartbeat
	messageBeatReply = raftpb.MsgHeartbeatResp
	messageTransfer  = raftpb.MsgTransferLeader
)

var (
	newRawNode       = raft.NewRawNode
	newMemoryStorage = raft.NewMemoryStorage
	setEngineLogger  = raft.SetLogger
	errDropped       = raft.ErrProposalDropped
	errNoPeer        = raft.ErrStepPeerNotFound
	errLocked        = fileutil.ErrLocked

	createLog = wal.Create
	openLog   = wal.Open
	repairLog = wal.Repair
)

func setSegmentOctets(octets int64) { wal.SegmentSizeBytes = octets }

func snapshotRecord(index, term uint64, members *confState) logSnapshot {
	return logSnapshot{Index: index, Term: term, ConfState: members}
}

//go:linkname globalRand go.etcd.io/etcd/raft/v3.globalRand
var globalRand unsafe.Pointer

func takeOtherLogs() {}
