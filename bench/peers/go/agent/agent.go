// Package agent plays candidates of a lock. The driver says on standard input what to do, and reads on standard output
// what happened and when; see bench/peers/README.md.
package agent

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Candidate is one who stands in line for a lock.
type Candidate interface {
	// Join blocks until the lock is held. The channel is closed when the library tells that it was lost.
	Join(ctx context.Context) (lost <-chan struct{}, err error)
	// Release gives the held lock back, and returns when the library says that it is given back.
	Release(ctx context.Context) error
}

// Now reads CLOCK_MONOTONIC, in nanoseconds: the clock that all programs of a run share.
func Now() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // every Linux has this clock
	}
	return t.Nano()
}

var output sync.Mutex

// Tell writes one event: its name, whose it is, when it was, and what else there is to say.
func Tell(event string, index int, nanos int64, more ...string) {
	output.Lock()
	defer output.Unlock()
	fmt.Println(strings.TrimSpace(fmt.Sprintf("%s %d %d %s", event, index, nanos, strings.Join(more, " "))))
}

// Play opens the candidates and lets each do what it is told, until standard input ends.
func Play(o Options, open func(index int) (Candidate, error)) error {
	players := []*player{}
	for index := range o.Candidates {
		c, err := open(index)
		if err != nil {
			return err
		}
		p := &player{index: index, candidate: c, words: make(chan string, 16)}
		players = append(players, p)
		go p.run()
	}
	Tell("ready", 0, Now())
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		verb, rest, _ := strings.Cut(input.Text(), " ")
		index, err := strconv.Atoi(rest)
		if err != nil || index >= len(players) {
			return fmt.Errorf("cannot read %q", input.Text())
		}
		if verb == "rest" {
			players[index].passing.Store(false)
		} else {
			players[index].words <- verb
		}
	}
	return input.Err()
}
