package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// Reads a log without opening it, stricter than etcd does: the check sum of a record covers
// neither its type nor its length, so a flipped bit there can turn one record into another or hide
// those that follow.

const (
	recordMetadata = 1
	recordEntry    = 2
	recordState    = 3
	recordSum      = 4
	recordSnapshot = 5

	frameOctets         = 8
	sectorOctets        = 512
	maximumRecordOctets = 10 << 20
)

var sums = crc32.MakeTable(crc32.Castagnoli)

// found is what a log says of itself.
type found struct {
	metadata            []byte
	state               hardState
	lastIndex, lastTerm uint64
	snapshots           []logSnapshot
	// A snapshot of a leader's, ahead of what is known to be committed. It counts only once a state
	// or an entry shows that it was installed: after a crash before that, what was there goes on.
	waiting *logSnapshot
	// The last segment ends in a record that was not written to its end.
	isTorn bool
	// The end of the last whole record.
	segment string
	offset  int64

	sum uint32
}

func (f *found) write(w *writer) {
	w.blob(f.metadata)
	w.hardState(f.state)
	w.u64(f.lastIndex)
	w.u64(f.lastTerm)
	w.flag(f.isTorn)
	w.blob([]byte(f.segment))
	w.u64(uint64(f.offset))
	w.u32(uint32(len(f.snapshots)))
	for _, s := range f.snapshots {
		w.u64(s.Index)
		w.u64(s.Term)
	}
}

func (f *found) damaged(why string, values ...interface{}) error {
	return errDamaged{fmt.Sprintf("%s at octet %d: %s", f.segment, f.offset,
		fmt.Sprintf(why, values...))}
}

func inspect(directory string) (*found, error) {
	segments, err := segmentsOf(directory)
	if err != nil {
		return nil, err
	}
	if len(segments) == 0 {
		return nil, errDamaged{directory + ": no segment of the log is left"}
	}
	f := &found{}
	for i, s := range segments {
		f.segment, f.offset = s.path, 0
		if i > 0 && s.sequence != segments[i-1].sequence+1 {
			return nil, f.damaged("the segment before this one is missing")
		}
		if err := f.read(s, i == 0, i == len(segments)-1); err != nil {
			return nil, err
		}
	}
	if f.metadata == nil {
		return nil, f.damaged("no record says whose log this is")
	}
	return f, nil
}

func (f *found) read(s segment, isFirst, isLast bool) error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 64<<10)
	for count := 0; ; count++ {
		var frame [frameOctets]byte
		_, err := io.ReadFull(in, frame[:])
		if err == io.EOF || (err == nil && frame == [frameOctets]byte{}) {
			return nil // what follows was never written whole; the caller's mark tells otherwise
		}
		if err == io.ErrUnexpectedEOF {
			return f.torn(isLast, "the length of a record is cut off")
		}
		if err != nil {
			return err
		}
		record, padding := frameSize(int64(binary.LittleEndian.Uint64(frame[:])))
		if record <= 0 || record > maximumRecordOctets {
			return f.damaged("a record of %d octets", record)
		}
		data := make([]byte, record+padding)
		if _, err := io.ReadFull(in, data); err == io.EOF || err == io.ErrUnexpectedEOF {
			return f.torn(isLast, "a record is cut off")
		} else if err != nil {
			return err
		}
		err = f.take(data[:record], count == 0, isFirst)
		if err != nil && isLast && hasEmptySector(data, f.offset+frameOctets) {
			return f.torn(true, "")
		}
		if err != nil {
			return err
		}
		f.offset += frameOctets + record + padding
	}
}

func (f *found) torn(isLast bool, why string) error {
	if !isLast {
		return f.damaged("%s", why)
	}
	f.isTorn = true
	return nil
}

// The length is in the lower 56 bits; a set upper bit says that the three bits below the upper
// five count octets of padding.
func frameSize(field int64) (record, padding int64) {
	record = int64(uint64(field) &^ (uint64(0xff) << 56))
	if field < 0 {
		padding = (field >> 56) & 7
	}
	return record, padding
}

// A sector without anything in it was not written: segments are full of zeros before.
func hasEmptySector(data []byte, offset int64) bool {
	for len(data) > 0 {
		size := int(sectorOctets - offset%sectorOctets)
		if size > len(data) {
			size = len(data)
		}
		isEmpty := true
		for _, octet := range data[:size] {
			isEmpty = isEmpty && octet == 0
		}
		if isEmpty {
			return true
		}
		data, offset = data[size:], offset+int64(size)
	}
	return false
}

func (f *found) take(data []byte, isFirstRecord, isFirstSegment bool) error {
	var r logRecord
	if err := r.Unmarshal(data); err != nil {
		return f.damaged("%v", err)
	}
	if r.Type == recordSum || isFirstRecord {
		if r.Type != recordSum || !isFirstRecord || (!isFirstSegment && r.Crc != f.sum) {
			return f.damaged("the check sum does not go on from the segment before")
		}
		f.sum = r.Crc
		return nil
	}
	f.sum = crc32.Update(f.sum, sums, r.Data)
	if f.sum != r.Crc {
		return f.damaged("check sum mismatch")
	}
	switch r.Type {
	case recordMetadata:
		if f.metadata != nil && string(f.metadata) != string(r.Data) {
			return f.damaged("it belongs to another log")
		}
		f.metadata = append([]byte{}, r.Data...)
		return nil
	case recordEntry:
		return f.takeEntry(r.Data)
	case recordState:
		return f.takeState(r.Data)
	case recordSnapshot:
		return f.takeSnapshot(r.Data)
	default:
		return f.damaged("a record of unknown type %d", r.Type)
	}
}

// isAll is false if there was more in the octets than was understood: what was an entry of the log,
// read as a state, has fields left over.
func isAll(value interface{ Marshal() ([]byte, error) }, data []byte) bool {
	again, err := value.Marshal()
	return err == nil && bytes.Equal(again, data)
}

func (f *found) takeEntry(data []byte) error {
	var e entry
	if err := e.Unmarshal(data); err != nil {
		return f.damaged("%v", err)
	}
	isKnown := e.Type == entryNormal || (e.Type == entryConfChange && len(e.Data) > 0)
	if !isKnown || e.Index == 0 || e.Term == 0 || !isAll(&e, data) {
		return f.damaged("not an entry")
	}
	if s := f.waiting; s != nil && e.Index == s.Index+1 && e.Term >= s.Term {
		f.install()
	}
	f.waiting = nil
	if e.Term < f.lastTerm || (f.lastIndex > 0 && e.Index > f.lastIndex+1) {
		return f.damaged("entry %d of term %d does not follow %d of term %d",
			e.Index, e.Term, f.lastIndex, f.lastTerm)
	}
	f.lastIndex, f.lastTerm = e.Index, e.Term
	return nil
}

func (f *found) takeState(data []byte) error {
	var s hardState
	if err := s.Unmarshal(data); err != nil {
		return f.damaged("%v", err)
	}
	if s.Term == 0 || !isAll(&s, data) ||
		s.Term < f.state.Term || s.Commit < f.state.Commit {
		return f.damaged("not a state, or one of before")
	}
	f.state = s
	if f.waiting != nil && f.waiting.Index <= s.Commit {
		f.install()
	}
	return nil
}

func (f *found) takeSnapshot(data []byte) error {
	var s logSnapshot
	if err := s.Unmarshal(data); err != nil {
		return f.damaged("%v", err)
	}
	f.snapshots = append(f.snapshots, s)
	if s.Index > f.state.Commit {
		f.waiting = &s
	}
	return nil
}

// install has what waits take the place of the entries.
func (f *found) install() {
	f.lastIndex, f.lastTerm = f.waiting.Index, f.waiting.Term
	f.waiting = nil
}
