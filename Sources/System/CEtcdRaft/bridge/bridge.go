// The bridge between Swift and etcd's raft and wal. include/pipamraft.h says what each call does
// and who owns which buffer; it knows no sockets, clocks or threads.
package main

/*
#include <stdint.h>
#include <stdlib.h>
*/
import "C"

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"unsafe"
)

const (
	codeDone      = 0
	codeMore      = 1
	codeFailed    = -1
	codeNoHandle  = -2
	codeMalformed = -3
	codeDropped   = -4
	codeRefused   = -5
)

func init() {
	// One replica needs little: one processor, and memory given back soon.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(192 << 20)
	setEngineLogger(engineLogger{})
	takeOtherLogs()
}

// Things that Swift holds by number.
var things = struct {
	mutex sync.Mutex
	last  uint64
	nodes map[uint64]*node
	logs  map[uint64]*diskLog
}{nodes: map[uint64]*node{}, logs: map[uint64]*diskLog{}}

func nodeOf(handle C.uint64_t) *node {
	things.mutex.Lock()
	defer things.mutex.Unlock()
	return things.nodes[uint64(handle)]
}

func logOf(handle C.uint64_t) *diskLog {
	things.mutex.Lock()
	defer things.mutex.Unlock()
	return things.logs[uint64(handle)]
}

func octets(p unsafe.Pointer, count C.int64_t) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(p), int(count))...)
}

func give(w *writer, out *unsafe.Pointer, count *C.int64_t) {
	*out = C.CBytes(w.octets)
	*count = C.int64_t(len(w.octets))
}

func giveText(text string, out *unsafe.Pointer, count *C.int64_t) {
	give(&writer{[]byte(text)}, out, count)
}

// guard runs a call on a node; a panic in the engine makes the node unusable.
func guard(handle C.uint64_t, call func(n *node) C.int32_t) (code C.int32_t) {
	n := nodeOf(handle)
	if n == nil {
		return codeNoHandle
	}
	if n.failure != "" {
		return codeFailed
	}
	defer func() {
		if cause := recover(); cause != nil {
			n.failure = fmt.Sprint(cause)
			logLine(levelError, n.id, "engine failed: ", n.failure)
			code = codeFailed
		}
	}()
	withSource(n.source, func() { code = call(n) })
	return code
}

//export pipam_raft_engine
func pipam_raft_engine() C.int32_t { return engineVersion }

//export pipam_raft_take_lines
func pipam_raft_take_lines(out *unsafe.Pointer, count *C.int64_t) C.int32_t {
	lines.mutex.Lock()
	defer lines.mutex.Unlock()
	if len(lines.waiting) == 0 {
		return codeDone
	}
	w := &writer{}
	w.u64(lines.dropped)
	w.u32(uint32(len(lines.waiting)))
	for _, l := range lines.waiting {
		w.u8(l.level)
		w.u64(l.node)
		w.blob([]byte(l.text))
	}
	lines.waiting, lines.dropped = nil, 0
	give(w, out, count)
	return codeMore
}

//export pipam_raft_failure
func pipam_raft_failure(handle C.uint64_t, out *unsafe.Pointer, count *C.int64_t) C.int32_t {
	n := nodeOf(handle)
	if n == nil {
		return codeNoHandle
	}
	giveText(n.failure, out, count)
	return codeDone
}

//export pipam_raft_open
func pipam_raft_open(
	start unsafe.Pointer, size C.int64_t, handle *C.uint64_t, out *unsafe.Pointer,
	count *C.int64_t,
) (code C.int32_t) {
	defer func() {
		if cause := recover(); cause != nil {
			giveText(fmt.Sprint(cause), out, count)
			code = codeFailed
		}
	}()
	n, err := startNode(&reader{octets(start, size)})
	if err != nil {
		giveText(err.Error(), out, count)
		return codeFailed
	}
	things.mutex.Lock()
	defer things.mutex.Unlock()
	things.last++
	things.nodes[things.last] = n
	*handle = C.uint64_t(things.last)
	return codeDone
}

//export pipam_raft_close
func pipam_raft_close(handle C.uint64_t) {
	things.mutex.Lock()
	defer things.mutex.Unlock()
	delete(things.nodes, uint64(handle))
}

//export pipam_raft_tick
func pipam_raft_tick(handle C.uint64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t { n.raw.Tick(); return codeDone })
}

//export pipam_raft_campaign
func pipam_raft_campaign(handle C.uint64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t { return coded(n.raw.Campaign()) })
}

//export pipam_raft_step
func pipam_raft_step(
	handle, from C.uint64_t, isSnapshot C.int32_t, bytes unsafe.Pointer, size C.int64_t,
) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		return n.step(uint64(from), isSnapshot != 0, octets(bytes, size))
	})
}

//export pipam_raft_describe_snapshot
func pipam_raft_describe_snapshot(
	bytes unsafe.Pointer, size C.int64_t, out *unsafe.Pointer, count *C.int64_t,
) (code C.int32_t) {
	defer func() {
		if recover() != nil {
			code = codeMalformed
		}
	}()
	w := &writer{}
	if !describeSnapshot(w, octets(bytes, size)) {
		return codeMalformed
	}
	give(w, out, count)
	return codeDone
}

//export pipam_raft_propose
func pipam_raft_propose(handle C.uint64_t, batch unsafe.Pointer, size C.int64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t { return n.propose(octets(batch, size)) })
}

//export pipam_raft_propose_change
func pipam_raft_propose_change(
	handle C.uint64_t, kind C.int32_t, id C.uint64_t, context unsafe.Pointer, size C.int64_t,
) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		return n.proposeChange(int(kind), uint64(id), octets(context, size))
	})
}

//export pipam_raft_read_index
func pipam_raft_read_index(handle, context C.uint64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		w := &writer{}
		w.u64(n.id)
		w.u64(uint64(context))
		n.raw.ReadIndex(w.octets)
		return codeDone
	})
}

//export pipam_raft_transfer
func pipam_raft_transfer(handle, id C.uint64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		n.raw.TransferLeader(uint64(id))
		return codeDone
	})
}

//export pipam_raft_unreachable
func pipam_raft_unreachable(handle, id C.uint64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		n.raw.ReportUnreachable(uint64(id))
		return codeDone
	})
}

//export pipam_raft_snapshot_report
func pipam_raft_snapshot_report(handle, id C.uint64_t, isDelivered C.int32_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		status := snapshotFailed
		if isDelivered != 0 {
			status = snapshotFinish
		}
		n.raw.ReportSnapshot(uint64(id), status)
		return codeDone
	})
}

//export pipam_raft_ready
func pipam_raft_ready(handle C.uint64_t, out *unsafe.Pointer, count *C.int64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		w := &writer{}
		if !n.takeReady(w) {
			return codeDone
		}
		give(w, out, count)
		return codeMore
	})
}

//export pipam_raft_persisted
func pipam_raft_persisted(handle C.uint64_t, out *unsafe.Pointer, count *C.int64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		w := &writer{}
		n.persisted(w)
		give(w, out, count)
		return codeDone
	})
}

//export pipam_raft_compact
func pipam_raft_compact(
	handle C.uint64_t, snapshot unsafe.Pointer, size C.int64_t, keeping C.uint64_t,
	keepingOctets C.uint64_t,
) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		r := &reader{octets(snapshot, size)}
		n.compact(r.snapshot(), uint64(keeping), uint64(keepingOctets))
		return codeDone
	})
}

//export pipam_raft_status
func pipam_raft_status(handle C.uint64_t, out *unsafe.Pointer, count *C.int64_t) C.int32_t {
	return guard(handle, func(n *node) C.int32_t {
		w := &writer{}
		n.status(w)
		give(w, out, count)
		return codeDone
	})
}

func main() {}
