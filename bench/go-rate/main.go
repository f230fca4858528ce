// The same as bench/memory_store_bench.cc, on golang.org/x/time/rate in a map, the two ways that
// people write it: sync.Map, and a map under a mutex. Prints one line for each case: name, threads,
// CPU nanoseconds per decision.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const keyCount = 1_000_000

type key [32]byte

func nextWord(state *uint64) uint64 {
	*state += 0x9E3779B97F4A7C15
	word := *state
	word = (word ^ word>>30) * 0xBF58476D1CE4E5B9
	word = (word ^ word>>27) * 0x94D049BB133111EB
	return word ^ word>>31
}

func makeKeys() []key {
	state := uint64(1)
	keys := make([]key, keyCount)
	for i := range keys {
		for j := 0; j < 4; j++ {
			binary.LittleEndian.PutUint64(keys[i][8*j:], nextWord(&state))
		}
	}
	return keys
}

func nextKey(state *uint64) uint64 {
	*state ^= *state << 13
	*state ^= *state >> 7
	*state ^= *state << 17
	return (*state >> 32) * keyCount >> 32
}

func residentBytes() int64 {
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		panic(err)
	}
	return pages * int64(os.Getpagesize())
}

// What this thread has spent on a processor, whatever else the machine was doing.
func cpuNanoseconds() int64 {
	schedstat, err := os.ReadFile("/proc/thread-self/schedstat")
	if err != nil {
		panic(err)
	}
	spent, err := strconv.ParseInt(strings.Fields(string(schedstat))[0], 10, 64)
	if err != nil {
		panic(err)
	}
	return spent
}

func newLimiter(perMinute int) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)
}

type limiter interface{ allow(k key) bool }

type syncMapLimiter struct {
	perMinute int
	limiters  sync.Map
}

func (l *syncMapLimiter) allow(k key) bool {
	found, ok := l.limiters.Load(k)
	if !ok {
		found, _ = l.limiters.LoadOrStore(k, newLimiter(l.perMinute))
	}
	return found.(*rate.Limiter).Allow()
}

type mutexMapLimiter struct {
	perMinute int
	mutex     sync.Mutex
	limiters  map[key]*rate.Limiter
}

func (l *mutexMapLimiter) allow(k key) bool {
	l.mutex.Lock()
	found, ok := l.limiters[k]
	if !ok {
		found = newLimiter(l.perMinute)
		l.limiters[k] = found
	}
	l.mutex.Unlock()
	return found.Allow()
}

func measure(name string, threads int, decide func(state *uint64)) {
	const atLeast = 500 * time.Millisecond
	took := make([]float64, threads)
	var running sync.WaitGroup
	for thread := range took {
		running.Add(1)
		go func() {
			defer running.Done()
			runtime.LockOSThread()
			state := uint64(88172645463325252 + thread)
			start, cpuStart := time.Now(), cpuNanoseconds()
			decisions := 0
			for time.Since(start) < atLeast {
				for i := 0; i < 10_000; i++ {
					decide(&state)
				}
				decisions += 10_000
			}
			took[thread] = float64(cpuNanoseconds()-cpuStart) / float64(decisions)
		}()
	}
	running.Wait()
	sum := 0.0
	for _, nanoseconds := range took {
		sum += nanoseconds
	}
	fmt.Printf("%s %d %.2f\n", name, threads, sum/float64(threads))
}

func measureAll(keys []key, create func(perMinute int) limiter) {
	for _, hot := range []struct {
		name      string
		perMinute int
	}{{"hot_admitted", 1_000_000_000}, {"hot_refused", 100}} {
		limiter := create(hot.perMinute)
		for threads := 1; threads <= 2; threads++ {
			measure(hot.name, threads, func(*uint64) { limiter.allow(keys[0]) })
		}
	}
	before := residentBytes()
	limiter := create(100)
	for _, k := range keys {
		limiter.allow(k)
	}
	fmt.Printf("bytes_per_key 1 %.1f\n", float64(residentBytes()-before)/keyCount)
	for threads := 1; threads <= 2; threads++ {
		measure("million_keys", threads, func(state *uint64) { limiter.allow(keys[nextKey(state)]) })
	}
	runtime.KeepAlive(limiter)
}

func main() {
	keys := makeKeys()
	if len(os.Args) == 2 && os.Args[1] == "sync-map" {
		measureAll(keys, func(perMinute int) limiter { return &syncMapLimiter{perMinute: perMinute} })
	} else if len(os.Args) == 2 && os.Args[1] == "mutex-map" {
		measureAll(keys, func(perMinute int) limiter {
			return &mutexMapLimiter{perMinute: perMinute, limiters: map[key]*rate.Limiter{}}
		})
	} else {
		fmt.Fprintln(os.Stderr, "usage: go-rate-bench sync-map|mutex-map")
		os.Exit(2)
	}
}
