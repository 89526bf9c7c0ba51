package main

/*
#include <stdint.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"
)

const (
	codeDamaged = -6
	codeLocked  = -7
)

// diskLog is etcd's write-ahead log, open for appending.
type diskLog struct {
	log       *writeAheadLog
	directory string
	failure   string
}

// errDamaged tells what was written and cannot be read again.
type errDamaged struct{ text string }

func (e errDamaged) Error() string { return e.text }

// A damaged log can make etcd's reader panic as well as fail.
func diskCall(out *unsafe.Pointer, count *C.int64_t, call func() error) (code C.int32_t) {
	defer func() {
		if cause := recover(); cause != nil {
			giveText(fmt.Sprint(cause), out, count)
			code = codeDamaged
		}
	}()
	err := call()
	if err == nil {
		return codeDone
	}
	giveText(err.Error(), out, count)
	var path *os.PathError
	var link *os.LinkError
	var call1 *os.SyscallError
	switch {
	case errors.Is(err, errLocked):
		return codeLocked
	case errors.As(err, &path), errors.As(err, &link), errors.As(err, &call1):
		return codeFailed
	case errors.Is(err, os.ErrExist), errors.Is(err, os.ErrNotExist):
		return codeFailed
	default:
		return codeDamaged
	}
}

func diskGuard(
	handle C.uint64_t, out *unsafe.Pointer, count *C.int64_t, call func(d *diskLog) error,
) C.int32_t {
	d := logOf(handle)
	if d == nil {
		return codeNoHandle
	}
	if d.failure != "" {
		giveText(d.failure, out, count)
		return codeFailed
	}
	code := diskCall(out, count, func() error { return call(d) })
	if code != codeDone {
		// What a failed write left behind is unknown; nothing may follow it.
		d.failure = "an earlier write failed"
		return codeFailed
	}
	return code
}

//export pipam_wal_set_segment_octets
func pipam_wal_set_segment_octets(size C.int64_t) { setSegmentOctets(int64(size)) }

//export pipam_wal_create
func pipam_wal_create(
	request unsafe.Pointer, size C.int64_t, out *unsafe.Pointer, count *C.int64_t,
) C.int32_t {
	return diskCall(out, count, func() error {
		r := &reader{octets(request, size)}
		directory := string(r.blob())
		log, err := createLog(diskLogger(r.u64()), directory, r.blob())
		if err != nil {
			return err
		}
		return log.Close()
	})
}

//export pipam_wal_inspect
func pipam_wal_inspect(
	request unsafe.Pointer, size C.int64_t, out *unsafe.Pointer, count *C.int64_t,
) C.int32_t {
	return diskCall(out, count, func() error {
		found, err := inspect(string((&reader{octets(request, size)}).blob()))
		if err != nil {
			return err
		}
		w := &writer{}
		found.write(w)
		give(w, out, count)
		return nil
	})
}

//export pipam_wal_open
func pipam_wal_open(
	request unsafe.Pointer, size C.int64_t, handle *C.uint64_t, out *unsafe.Pointer,
	count *C.int64_t,
) C.int32_t {
	return diskCall(out, count, func() error {
		r := &reader{octets(request, size)}
		directory, node := string(r.blob()), r.u64()
		start := snapshotRecord(r.u64(), r.u64(), nil)
		isTorn := r.flag()
		if isTorn && !repairLog(diskLogger(node), directory) {
			return errDamaged{directory + ": the torn tail could not be cut off"}
		}
		log, err := openLog(diskLogger(node), directory, start)
		if err != nil {
			return err
		}
		_, state, entries, err := log.ReadAll()
		if err != nil {
			log.Close()
			return err
		}
		w := &writer{}
		w.hardState(state)
		if err := w.entries(entries); err != nil {
			return err
		}
		give(w, out, count)
		things.mutex.Lock()
		defer things.mutex.Unlock()
		things.last++
		things.logs[things.last] = &diskLog{log: log, directory: directory}
		*handle = C.uint64_t(things.last)
		return nil
	})
}

//export pipam_wal_save
func pipam_wal_save(
	handle C.uint64_t, batch unsafe.Pointer, size C.int64_t, out *unsafe.Pointer,
	count *C.int64_t,
) C.int32_t {
	return diskGuard(handle, out, count, func(d *diskLog) error {
		r := &reader{octets(batch, size)}
		mustSync := r.flag()
		var state hardState
		if r.flag() {
			state = r.hardState()
		}
		entries, err := r.entries()
		if err != nil {
			return err
		}
		if err := d.log.Save(state, entries); err != nil {
			return err
		}
		// `Save` decides by what it saw; after a restart it has not seen the last state.
		if mustSync && len(entries) == 0 {
			return d.log.Sync()
		}
		return nil
	})
}

//export pipam_wal_save_snapshot
func pipam_wal_save_snapshot(
	handle C.uint64_t, request unsafe.Pointer, size C.int64_t, out *unsafe.Pointer,
	count *C.int64_t,
) C.int32_t {
	return diskGuard(handle, out, count, func(d *diskLog) error {
		s := (&reader{octets(request, size)}).snapshot()
		return d.log.SaveSnapshot(
			snapshotRecord(s.Metadata.Index, s.Metadata.Term, &s.Metadata.ConfState))
	})
}

// Segments that hold nothing after the index are removed, oldest first, so that what is left is
// without a gap whenever this ends.
//
//export pipam_wal_release
func pipam_wal_release(
	handle, index C.uint64_t, out *unsafe.Pointer, count *C.int64_t,
) C.int32_t {
	return diskGuard(handle, out, count, func(d *diskLog) error {
		if err := d.log.ReleaseLockTo(uint64(index)); err != nil {
			return err
		}
		segments, err := segmentsOf(d.directory)
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(segments) && segments[i+1].first <= uint64(index); i++ {
			if err := os.Remove(segments[i].path); err != nil {
				return err
			}
		}
		return nil
	})
}

//export pipam_wal_close
func pipam_wal_close(handle C.uint64_t) {
	things.mutex.Lock()
	d := things.logs[uint64(handle)]
	delete(things.logs, uint64(handle))
	things.mutex.Unlock()
	if d == nil {
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			logLine(levelWarning, 0, "closing the log: ", cause)
		}
	}()
	if err := d.log.Close(); err != nil {
		logLine(levelWarning, 0, "closing the log: ", err)
	}
}

type segment struct {
	path            string
	sequence, first uint64
}

// Named as etcd names them, in their order.
func segmentsOf(directory string) ([]segment, error) {
	names, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	var segments []segment
	for _, name := range names {
		if !strings.HasSuffix(name.Name(), ".wal") {
			continue
		}
		s := segment{path: filepath.Join(directory, name.Name())}
		if _, err := fmt.Sscanf(name.Name(), "%016x-%016x.wal", &s.sequence, &s.first); err != nil {
			return nil, errDamaged{s.path + ": not a name of a segment"}
		}
		segments = append(segments, s)
	}
	return segments, nil
}
