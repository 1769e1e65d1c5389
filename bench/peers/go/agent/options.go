package agent

import (
	"flag"
	"fmt"
	"os"
)

// Options are what the driver gives to every program.
type Options struct {
	Etcd       string
	Kubeconfig string
	Lock       string
	TTLSeconds int
	Candidates int
	Apart      bool
}

// LockOf names the lock of a candidate: the same for all, or one for each.
func (o Options) LockOf(index int) string {
	if o.Apart {
		return fmt.Sprintf("%s-%d", o.Lock, index)
	}
	return o.Lock
}

// Parse reads the command line.
func Parse() Options {
	var o Options
	flag.StringVar(&o.Etcd, "etcd", "", "etcd's client URL")
	flag.StringVar(&o.Kubeconfig, "kubeconfig", "", "how the API server is reached")
	flag.StringVar(&o.Lock, "lock", "lock", "the lock's name")
	flag.IntVar(&o.TTLSeconds, "ttl", 5, "time to live of the lease, in seconds")
	flag.IntVar(&o.Candidates, "candidates", 1, "how many candidates this process plays")
	flag.BoolVar(&o.Apart, "apart", false, "each candidate has a lock of its own")
	flag.Parse()
	return o
}

// Fail ends the program when there is an error.
func Fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
