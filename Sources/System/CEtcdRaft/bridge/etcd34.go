//go:build etcd34

package main

import (
	"unsafe"

	"github.com/coreos/pkg/capnslog"
	"go.etcd.io/etcd/pkg/fileutil"
	"go.etcd.io/etcd/raft"
	"go.etcd.io/etcd/raft/raftpb"
	"go.etcd.io/etcd/raft/tracker"
	"go.etcd.io/etcd/wal"
	"go.etcd.io/etcd/wal/walpb"
)

// What the bridge uses of etcd 3.4, as Debian 12 has it. etcd35.go names the same of etcd 3.5.

const engineVersion = 34

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

func snapshotRecord(index, term uint64, _ *confState) logSnapshot {
	return logSnapshot{Index: index, Term: term}
}

//go:linkname globalRand go.etcd.io/etcd/raft.globalRand
var globalRand unsafe.Pointer

// Some of 3.4's packages have a logger of their own beside the ones that they are given.
func takeOtherLogs() { capnslog.SetFormatter(otherLogs{}) }

type otherLogs struct{}

func (otherLogs) Format(name string, level capnslog.LogLevel, _ int, entries ...interface{}) {
	logLine(levelOf(level), 0, append([]interface{}{name, ": "}, entries...)...)
}

func (otherLogs) Flush() {}

func levelOf(level capnslog.LogLevel) uint8 {
	switch level {
	case capnslog.CRITICAL, capnslog.ERROR:
		return levelError
	case capnslog.WARNING:
		return levelWarning
	case capnslog.NOTICE, capnslog.INFO:
		return levelInfo
	default:
		return levelDebug
	}
}
