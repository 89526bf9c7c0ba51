package main

import "encoding/binary"

// What crosses the border: numbers in little-endian order, octets with a u32 count before them.

type writer struct{ octets []byte }

func (w *writer) u8(v uint8)   { w.octets = append(w.octets, v) }
func (w *writer) u32(v uint32) { w.octets = binary.LittleEndian.AppendUint32(w.octets, v) }
func (w *writer) u64(v uint64) { w.octets = binary.LittleEndian.AppendUint64(w.octets, v) }

func (w *writer) flag(v bool) {
	if v {
		w.u8(1)
	} else {
		w.u8(0)
	}
}

func (w *writer) blob(v []byte) {
	w.u32(uint32(len(v)))
	w.octets = append(w.octets, v...)
}

func (w *writer) hardState(v hardState) {
	w.u64(v.Term)
	w.u64(v.Vote)
	w.u64(v.Commit)
}

func (w *writer) ids(v []uint64) {
	w.u32(uint32(len(v)))
	for _, id := range v {
		w.u64(id)
	}
}

func (w *writer) entries(v []entry) error {
	w.u32(uint32(len(v)))
	for i := range v {
		octets, err := v[i].Marshal()
		if err != nil {
			return err
		}
		w.u64(v[i].Index)
		w.u64(v[i].Term)
		w.blob(octets)
	}
	return nil
}

// reader panics past the end; the caller's recovery tells that as a mistake of ours.
type reader struct{ octets []byte }

func (r *reader) take(count int) []byte {
	taken := r.octets[:count]
	r.octets = r.octets[count:]
	return taken
}

func (r *reader) u8() uint8   { return r.take(1)[0] }
func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) flag() bool  { return r.u8() != 0 }
func (r *reader) blob() []byte {
	return append([]byte(nil), r.take(int(r.u32()))...)
}

func (r *reader) hardState() hardState {
	return hardState{Term: r.u64(), Vote: r.u64(), Commit: r.u64()}
}

func (r *reader) ids() []uint64 {
	ids := make([]uint64, r.u32())
	for i := range ids {
		ids[i] = r.u64()
	}
	return ids
}

func (r *reader) entries() ([]entry, error) {
	entries := make([]entry, r.u32())
	for i := range entries {
		r.take(16)
		if err := entries[i].Unmarshal(r.blob()); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func (r *reader) snapshot() snapshot {
	var s snapshot
	s.Metadata.Index = r.u64()
	s.Metadata.Term = r.u64()
	s.Metadata.ConfState.Voters = r.ids()
	s.Metadata.ConfState.Learners = r.ids()
	s.Data = r.blob()
	return s
}
