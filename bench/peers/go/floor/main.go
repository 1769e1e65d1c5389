// Command floor is one of the programs that bench/lock-peers compares.
package main

import (
	"context"
	"fmt"
	"os"

	"lockclaim.dev/bench/peers/agent"
	"lockclaim.dev/bench/peers/etcdclient"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// floor is no lock: it is the least that any lock on etcd must do. The holder deletes its key, and the next one
// knows when its watch tells the deletion. Whoever waits looks at one key, and believes the first word.
type floor struct {
	client *clientv3.Client
	prefix string
	key    string
}

func newFloor(client *clientv3.Client, o agent.Options, index int) *floor {
	prefix := "/floor/" + o.LockOf(index) + "/"
	return &floor{client: client, prefix: prefix, key: fmt.Sprintf("%s%d-%d", prefix, os.Getpid(), index)}
}

func (f *floor) Join(ctx context.Context) (<-chan struct{}, error) {
	put, err := f.client.Put(ctx, f.key, "")
	if err != nil {
		return nil, err
	}
	before, err := f.client.Get(ctx, f.prefix, append(clientv3.WithLastCreate(), clientv3.WithMaxCreateRev(put.Header.Revision-1))...)
	if err != nil {
		return nil, err
	}
	if len(before.Kvs) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for answer := range f.client.Watch(ctx, string(before.Kvs[0].Key), clientv3.WithRev(before.Header.Revision+1)) {
		for _, event := range answer.Events {
			if event.Type == clientv3.EventTypeDelete {
				return nil, nil
			}
		}
	}
	return nil, fmt.Errorf("the watch ended")
}

func (f *floor) Release(ctx context.Context) error {
	_, err := f.client.Delete(ctx, f.key)
	return err
}

func main() {
	o := agent.Parse()
	client, err := etcdclient.Open(o.Etcd)
	agent.Fail(err)
	agent.Fail(agent.Play(o, func(index int) (agent.Candidate, error) { return newFloor(client, o, index), nil }))
}
