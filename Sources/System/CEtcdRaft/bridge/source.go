package main

import (
	"math/rand"
	"sync"
	"time"
)

// etcd 3.4 and 3.5 draw election time-outs from a package-private source, to which `globalRand`
// points. This has the layout of what it points to.
type lockedRand struct {
	mutex sync.Mutex
	rand  *rand.Rand
}

var unseeded = rand.New(rand.NewSource(time.Now().UnixNano()))

// The source belongs to all nodes: each call has it to itself, set to that of its node. So equal
// seeds give equal elections, whatever other nodes do meanwhile.
var drawing sync.Mutex

func withSource(source *rand.Rand, call func()) {
	drawing.Lock()
	defer drawing.Unlock()
	if source == nil {
		source = unseeded
	}
	(*lockedRand)(globalRand).rand = source
	call()
}
