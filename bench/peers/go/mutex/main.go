// Command mutex is one of the programs that bench/lock-peers compares.
package main

import (
	"context"

	"lockclaim.dev/bench/peers/agent"
	"lockclaim.dev/bench/peers/etcdclient"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// mutex is etcd's own lock for Go programs.
type mutex struct {
	client  *clientv3.Client
	name    string
	ttl     int
	session *concurrency.Session
	lock    *concurrency.Mutex
}

func newMutex(client *clientv3.Client, o agent.Options, index int) (*mutex, error) {
	m := &mutex{client: client, name: o.LockOf(index), ttl: o.TTLSeconds}
	return m, m.open()
}

func (m *mutex) open() (err error) {
	m.session, err = concurrency.NewSession(m.client, concurrency.WithTTL(m.ttl))
	if err == nil {
		m.lock = concurrency.NewMutex(m.session, "/go-mutex/"+m.name)
	}
	return err
}

func (m *mutex) Join(ctx context.Context) (<-chan struct{}, error) {
	select {
	case <-m.session.Done():
		if err := m.open(); err != nil {
			return nil, err
		}
	default:
	}
	return m.session.Done(), m.lock.Lock(ctx)
}

func (m *mutex) Release(ctx context.Context) error { return m.lock.Unlock(ctx) }

func main() {
	o := agent.Parse()
	client, err := etcdclient.Open(o.Etcd)
	agent.Fail(err)
	agent.Fail(agent.Play(o, func(index int) (agent.Candidate, error) { return newMutex(client, o, index) }))
}
