package main

/*
#include <stdint.h>
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"math/rand"
	"sort"
)

// node is one replica: the engine's RawNode over entries in memory. What it hands out as ready is
// written to the log by Swift before `persisted` is called.
type node struct {
	id      uint64
	raw     *rawNode
	storage *memoryStorage
	// Of election time-outs; nil without a seed.
	source *rand.Rand
	// The state that was last handed out to be written.
	written hardState
	taken   *ready
	failure string
}

func startNode(r *reader) (*node, error) {
	n := &node{storage: newMemoryStorage()}
	c := &config{PreVote: true, CheckQuorum: true, Storage: n.storage}
	c.ID = r.u64()
	c.ElectionTick = int(r.u32())
	c.HeartbeatTick = int(r.u32())
	c.MaxInflightMsgs = int(r.u32())
	c.MaxSizePerMsg = r.u64()
	c.MaxCommittedSizePerReady = r.u64()
	c.MaxUncommittedEntriesSize = r.u64()
	c.Logger = engineLogger{c.ID}
	n.id = c.ID
	if r.flag() {
		n.source = rand.New(rand.NewSource(int64(r.u64())))
	}
	peers := make([]bootstrapPeer, r.u32())
	for i := range peers {
		peers[i] = bootstrapPeer{ID: r.u64(), Context: r.blob()}
	}
	if err := n.load(r); err != nil {
		return nil, err
	}
	var err error
	withSource(n.source, func() {
		n.raw, err = newRawNode(c)
		if err == nil && len(peers) > 0 {
			err = n.raw.Bootstrap(peers)
		}
	})
	return n, err
}

func (n *node) load(r *reader) error {
	if r.flag() {
		if err := n.storage.ApplySnapshot(r.snapshot()); err != nil {
			return err
		}
	}
	if r.flag() {
		n.written = r.hardState()
		if err := n.storage.SetHardState(n.written); err != nil {
			return err
		}
	}
	entries, err := r.entries()
	if err != nil {
		return err
	}
	return n.storage.Append(entries)
}

func coded(err error) C.int32_t {
	// Those who left may still have something on the way.
	if errors.Is(err, errDropped) || errors.Is(err, errNoPeer) {
		return codeDropped
	}
	if err != nil {
		return codeRefused
	}
	return codeDone
}

func (n *node) step(from uint64, isSnapshot bool, octets []byte) C.int32_t {
	var m message
	if m.Unmarshal(octets) != nil {
		return codeMalformed
	}
	if m.From != from || m.To != n.id || m.Type == messageTransfer {
		return codeRefused
	}
	if (m.Type == messageSnapshot) != isSnapshot {
		return codeRefused
	}
	if m.Type == messageProposal {
		// Changes of the configuration are proposed by the leader itself only.
		if len(m.Entries) == 0 {
			return codeMalformed
		}
		for i := range m.Entries {
			if m.Entries[i].Type != entryNormal || len(m.Entries[i].Data) == 0 {
				return codeRefused
			}
		}
	}
	return coded(n.raw.Step(m))
}

// describeSnapshot gives what the engine goes by when a snapshot's message is stepped. False if it
// is no such message, or one of a kind of configuration that is not ours.
func describeSnapshot(w *writer, octets []byte) bool {
	var m message
	if m.Unmarshal(octets) != nil || m.Type != messageSnapshot {
		return false
	}
	s := m.Snapshot.Metadata
	if len(s.ConfState.VotersOutgoing) > 0 || len(s.ConfState.LearnersNext) > 0 {
		return false
	}
	w.u64(s.Index)
	w.u64(s.Term)
	writeMembers(w, s.ConfState.Voters, s.ConfState.Learners)
	w.blob(m.Snapshot.Data)
	return true
}

// Several proposals in one message cost one message to each follower instead of one each.
func (n *node) propose(batch []byte) C.int32_t {
	r := &reader{batch}
	m := message{Type: messageProposal, From: n.id, Entries: make([]entry, r.u32())}
	for i := range m.Entries {
		m.Entries[i].Data = r.blob()
	}
	return coded(n.raw.Step(m))
}

func (n *node) proposeChange(kind int, id uint64, context []byte) C.int32_t {
	change := confChange{NodeID: id, Context: context}
	switch kind {
	case 0:
		change.Type = addVoter
	case 1:
		change.Type = addLearner
	default:
		change.Type = removeNode
	}
	if !n.isPossible(change) {
		return codeRefused
	}
	return coded(n.raw.ProposeConfChange(change))
}

// isPossible is false for a change that would leave no voter. The engine panics on applying such a
// one, which every replica would do alike and for good.
func (n *node) isPossible(change confChange) bool {
	voters := n.raw.Status().Config.Voters.IDs()
	_, isVoter := voters[change.NodeID]
	return change.Type == addVoter || !isVoter || len(voters) > 1
}

// takeReady writes what has to be stored, sent and applied, in this order of fields.
//
// sendFirst: a leader whose term and vote are as written before may send while it writes. Its own
// entries count for its majority at once, but an answer of a follower to these messages can be
// stepped only after `persisted`, so nothing is committed that it has not written. The exception
// is an entry that is committed as it is appended, by a sole voter: then learners would be told
// of a commit that a crash takes back, so that is written first.
func (n *node) takeReady(w *writer) bool {
	if n.taken != nil || !n.raw.HasReady() {
		return false
	}
	rd := n.raw.Ready()
	n.taken = &rd
	status := n.raw.BasicStatus()
	state := status.HardState
	isSettled := state.Term == n.written.Term && state.Vote == n.written.Vote
	commitsUnwritten := len(rd.Entries) > 0 && state.Commit >= rd.Entries[0].Index
	hasState := !isEmpty(rd.HardState)
	w.flag(status.RaftState == stateLeader && isSettled && !commitsUnwritten)
	w.flag(rd.MustSync)
	w.flag(hasState)
	if hasState {
		w.hardState(rd.HardState)
		n.written = rd.HardState
	}
	w.blob(rd.Snapshot.Data)
	must(w.entries(rd.Entries))
	w.u32(uint32(len(rd.Messages)))
	for i := range rd.Messages {
		n.writeMessage(w, &rd.Messages[i])
	}
	n.writeReads(w, &rd)
	w.u64(status.Lead)
	w.u8(uint8(status.RaftState))
	w.u64(state.Term)
	return true
}

func (n *node) writeMessage(w *writer, m *message) {
	octets, err := m.Marshal()
	must(err)
	w.u64(m.To)
	switch m.Type {
	case messageHeartbeat, messageBeatReply:
		w.u8(1)
	case messageSnapshot:
		w.u8(2)
	default:
		w.u8(0)
	}
	w.blob(octets)
	if m.Type == messageSnapshot {
		w.blob(m.Snapshot.Data)
	}
}

// Answers to reads of a life before this one, or with a context that is not ours, are left out.
func (n *node) writeReads(w *writer, rd *ready) {
	var reads []uint64
	for _, state := range rd.ReadStates {
		c := state.RequestCtx
		if len(c) == 16 && binary.LittleEndian.Uint64(c) == n.id {
			reads = append(reads, binary.LittleEndian.Uint64(c[8:]), state.Index)
		}
	}
	w.ids(reads)
}

// persisted takes over what was written, applies changes of the configuration and gives the
// committed entries.
func (n *node) persisted(w *writer) {
	rd := n.taken
	if rd == nil {
		panic("nothing was ready")
	}
	n.taken = nil
	if rd.Snapshot.Metadata.Index > 0 {
		must(n.storage.ApplySnapshot(rd.Snapshot))
	}
	if !isEmpty(rd.HardState) {
		must(n.storage.SetHardState(rd.HardState))
	}
	must(n.storage.Append(rd.Entries))
	w.u32(uint32(len(rd.CommittedEntries)))
	for i := range rd.CommittedEntries {
		n.writeCommitted(w, &rd.CommittedEntries[i])
	}
	n.raw.Advance(*rd)
}

func (n *node) writeCommitted(w *writer, e *entry) {
	w.u64(e.Index)
	w.u64(e.Term)
	if e.Type == entryNormal {
		w.u8(0)
		w.blob(e.Data)
		return
	}
	var change confChange
	if e.Type != entryConfChange {
		panic("a committed entry of an unknown type")
	}
	must(change.Unmarshal(e.Data))
	w.u8(1)
	switch change.Type {
	case addVoter:
		w.u8(0)
	case addLearner:
		w.u8(1)
	case removeNode:
		w.u8(2)
	default:
		panic("a committed change of an unknown type")
	}
	w.u64(change.NodeID)
	w.blob(change.Context)
	isPossible := n.isPossible(change)
	if !isPossible {
		// The engine's way to pass over a change.
		change.NodeID = 0
	}
	w.flag(isPossible)
	now := n.raw.ApplyConfChange(change)
	writeMembers(w, now.Voters, now.Learners)
}

func writeMembers(w *writer, voters, learners []uint64) {
	for _, ids := range [][]uint64{voters, learners} {
		sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
		w.ids(ids)
	}
}

// compact takes note of a snapshot and forgets the entries before it but `keeping` many, and of
// those as many as fit `octets`.
func (n *node) compact(s snapshot, keeping, octets uint64) {
	if _, err := n.storage.CreateSnapshot(
		s.Metadata.Index, &s.Metadata.ConfState, s.Data); err != nil {
		return // an older one than there is
	}
	first, err := n.storage.FirstIndex()
	must(err)
	last, err := n.storage.LastIndex()
	must(err)
	if last < first {
		return
	}
	entries, err := n.storage.Entries(first, last+1, ^uint64(0))
	must(err)
	var size uint64
	index := last
	for index >= first {
		size += uint64(len(entries[index-first].Data)) + 64
		if index <= s.Metadata.Index && (s.Metadata.Index-index >= keeping || size > octets) {
			break
		}
		index--
	}
	if index >= first {
		must(n.storage.Compact(index))
	}
}

func (n *node) status(w *writer) {
	s := n.raw.Status()
	w.u64(s.Term)
	w.u8(uint8(s.RaftState))
	w.u64(s.Lead)
	w.u64(s.LeadTransferee)
	w.u64(s.Commit)
	w.u64(s.Applied)
	first, err := n.storage.FirstIndex()
	must(err)
	last, err := n.storage.LastIndex()
	must(err)
	w.u64(first)
	w.u64(last)
	var voters, learners, ids []uint64
	for id := range s.Config.Voters.IDs() {
		voters = append(voters, id)
	}
	for id := range s.Config.Learners {
		learners = append(learners, id)
	}
	writeMembers(w, voters, learners)
	for id := range s.Progress {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	w.u32(uint32(len(ids)))
	for _, id := range ids {
		p := s.Progress[id]
		w.u64(id)
		w.u64(p.Match)
		w.flag(p.RecentActive)
		w.flag(p.State == stateSnapshot)
	}
}

func isEmpty(s hardState) bool { return s.Term == 0 && s.Vote == 0 && s.Commit == 0 }

func must(err error) {
	if err != nil {
		panic(err)
	}
}
