// Command work is one of the programs that bench/lock-peers compares.
package main

import (
	"encoding/binary"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"lockclaim.dev/bench/peers/agent"
)

// work is the command that is run under a lock by those that run commands. It tells its first instant and its last
// one, and writes down every millisecond that it is alive, for when it is killed without a last word.
func work() error {
	held := agent.Now()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	agent.Tell("held", 0, held, strconv.Itoa(os.Getpid()), os.Getenv("LOCKCLAIM_SOCKET"))
	file, err := os.Create(os.Getenv("BENCH_BEATS"))
	if err != nil {
		return err
	}
	beat := time.NewTicker(time.Millisecond)
	for {
		select {
		case <-stop:
			agent.Tell("ended", 0, agent.Now())
			return nil
		case <-beat.C:
			if _, err := file.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(agent.Now())), 0); err != nil {
				return err
			}
		}
	}
}

func main() { agent.Fail(work()) }
