// Commits of 1 KiB through etcd's own client, as cluster-bench's client has them made.
//
//	etcd-client lead ENDPOINT...             prints the endpoint of the leader
//	etcd-client put ENDPOINT SECONDS COUNT   with COUNT on the way at once; prints how many a second
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
)

const (
	valueOctets = 1024
	keys        = 10000
)

func open(endpoints ...string) *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: 10 * time.Second})
	if err != nil {
		panic(err)
	}
	return client
}

func lead(endpoints []string) {
	client := open(endpoints...)
	defer client.Close()
	for _, endpoint := range endpoints {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		status, err := client.Status(ctx, endpoint)
		cancel()
		if err == nil && status.Leader != 0 && status.Header.MemberId == status.Leader {
			fmt.Println(endpoint)
		}
	}
}

func put(endpoint string, seconds, atOnce int) {
	client := open(endpoint)
	defer client.Close()
	value := string(make([]byte, valueOctets))
	var done int64
	var all sync.WaitGroup
	// The connection is there before the clock starts.
	if _, err := client.Put(context.Background(), "first", value); err != nil {
		panic(err)
	}
	start := time.Now()
	end := start.Add(time.Duration(seconds) * time.Second)
	for i := 0; i < atOnce; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Now().Before(end) {
				key := strconv.FormatInt(atomic.AddInt64(&done, 1)%keys, 10)
				if _, err := client.Put(context.Background(), key, value); err != nil {
					panic(err)
				}
			}
		}()
	}
	all.Wait()
	fmt.Println(float64(done) / time.Since(start).Seconds())
}

func main() {
	switch os.Args[1] {
	case "lead":
		lead(os.Args[2:])
	case "put":
		seconds, _ := strconv.Atoi(os.Args[3])
		atOnce, _ := strconv.Atoi(os.Args[4])
		put(os.Args[2], seconds, atOnce)
	}
}
