// Command transaction is one of the programs that bench/lock-peers compares.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"lockclaim.dev/bench/peers/agent"
	"lockclaim.dev/bench/peers/etcdclient"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// transaction is no lock: it is what a hand-over of Lockclaim asks of etcd, with next to nothing decided. The holder
// puts the next one in line into its own place, with values of the length that Lockclaim's have, stands in line anew
// and reads all, in one transaction; everybody watches all keys, and whose lease the holder's key has knows.
type transaction struct {
	client *clientv3.Client
	prefix string
	self   string
	lease  clientv3.LeaseID
	given  int64 // the revision of the last release: what is older is no grant any more

	mutex   sync.Mutex
	changed *sync.Cond
	keys    map[string]*mvccpb.KeyValue // what the watch has told
}

func open(client *clientv3.Client, o agent.Options, index int) (*transaction, error) {
	ctx := context.Background()
	t := &transaction{
		client: client,
		prefix: "/floor-transaction/" + o.LockOf(index) + "/",
		self:   fmt.Sprintf("candidate-%d-%d", os.Getpid(), index),
		keys:   map[string]*mvccpb.KeyValue{},
	}
	t.changed = sync.NewCond(&t.mutex)
	lease, err := client.Grant(ctx, int64(o.TTLSeconds))
	if err != nil {
		return nil, err
	}
	t.lease = lease.ID
	renewals, err := client.KeepAlive(ctx, t.lease)
	if err != nil {
		return nil, err
	}
	go func() {
		for range renewals { // else the client complains that nobody reads them
		}
	}()
	settings := value(`"slots":1,"delaySeconds":0,"prefer":"","newestRevision":"","suspend":false,"epoch":0,"clusterId":"0123456789abcdef"`)
	if _, err := client.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(t.prefix+"settings"), "=", 0)).
		Then(clientv3.OpPut(t.prefix+"settings", settings)).Commit(); err != nil {
		return nil, err
	}
	before, err := client.Get(ctx, t.prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, err
	}
	for _, kv := range before.Kvs {
		t.keys[string(kv.Key)] = kv
	}
	go t.watch(client.Watch(ctx, t.prefix, clientv3.WithPrefix(), clientv3.WithRev(before.Header.Revision+1), clientv3.WithProgressNotify()))
	return t, nil
}

func (t *transaction) watch(answers clientv3.WatchChan) {
	for answer := range answers {
		t.mutex.Lock()
		for _, event := range answer.Events {
			if event.Type == clientv3.EventTypeDelete {
				delete(t.keys, string(event.Kv.Key))
			} else {
				t.keys[string(event.Kv.Key)] = event.Kv
			}
		}
		t.changed.Broadcast()
		t.mutex.Unlock()
	}
	agent.Fail(fmt.Errorf("the watch ended"))
}

// Join stands in line, unless the release has done it, and takes what nobody holds.
func (t *transaction) Join(ctx context.Context) (<-chan struct{}, error) {
	own, holder := t.place(t.lease), t.prefix+"holder/0"
	if _, err := t.client.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(own), "=", 0)).
		Then(clientv3.OpPut(own, t.who(), clientv3.WithLease(t.lease))).Commit(); err != nil {
		return nil, err
	}
	if _, err := t.client.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(holder), "=", 0)).
		Then(append(t.grant(t.lease), clientv3.OpDelete(own))...).Commit(); err != nil {
		return nil, err
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for t.keys[holder] == nil || clientv3.LeaseID(t.keys[holder].Lease) != t.lease || t.keys[holder].ModRevision < t.given {
		t.changed.Wait()
	}
	return nil, nil
}

// Release hands over to the first in line, of whom there is always one in the bench.
func (t *transaction) Release(ctx context.Context) error {
	holder, next, settings := t.seen()
	own := t.place(t.lease)
	answer, err := t.client.Txn(ctx).
		If(
			clientv3.Compare(clientv3.ModRevision(t.prefix+"holder/0"), "=", holder),
			clientv3.Compare(clientv3.CreateRevision(string(next.Key)), "=", next.CreateRevision),
			clientv3.Compare(clientv3.ModRevision(t.prefix+"settings"), "=", settings)).
		Then(append(t.grant(clientv3.LeaseID(next.Lease)),
			clientv3.OpDelete(string(next.Key)),
			clientv3.OpPut(own, t.who(), clientv3.WithLease(t.lease)),
			clientv3.OpGet(t.prefix, clientv3.WithPrefix()))...).
		Else(clientv3.OpGet(t.prefix, clientv3.WithPrefix())).
		Commit()
	if err == nil && !answer.Succeeded {
		err = fmt.Errorf("somebody else has written")
	}
	if err == nil {
		t.given = answer.Header.Revision
	}
	return err
}

// seen says what a release compares: the holder's revision, the first in line, the settings' revision.
func (t *transaction) seen() (holder int64, next *mvccpb.KeyValue, settings int64) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for {
		for key, kv := range t.keys {
			if strings.HasPrefix(key, t.prefix+"queue/") && clientv3.LeaseID(kv.Lease) != t.lease &&
				(next == nil || kv.CreateRevision < next.CreateRevision) {
				next = kv
			}
		}
		if next != nil {
			return t.keys[t.prefix+"holder/0"].ModRevision, next, t.keys[t.prefix+"settings"].ModRevision
		}
		t.changed.Wait()
	}
}

func (t *transaction) grant(lease clientv3.LeaseID) []clientv3.Op {
	return []clientv3.Op{
		clientv3.OpPut(t.prefix+"holder/0", value(fmt.Sprintf(`"lease":"%016x","epoch":0,%s,"grantTimeMillis":%d,"via":"handover"`,
			lease, identity(t.self), time.Now().UnixMilli())), clientv3.WithLease(lease)),
		clientv3.OpPut(t.prefix+"ledger/0", value(fmt.Sprintf(`"epoch":0,"pod":%q,"uid":%q,"lease":"%016x"`, t.self, t.self, lease))),
	}
}

func (t *transaction) place(lease clientv3.LeaseID) string {
	return fmt.Sprintf("%squeue/%016x", t.prefix, lease)
}

func (t *transaction) who() string { return value(identity(t.self) + `,"sidecar":0`) }

func identity(self string) string {
	return fmt.Sprintf(`"pod":%q,"uid":%q,"node":"bench","revision":""`, self, self)
}

func value(fields string) string { return `{"v":1,` + fields + `}` }

func main() {
	o := agent.Parse()
	client, err := etcdclient.Open(o.Etcd)
	agent.Fail(err)
	agent.Fail(agent.Play(o, func(index int) (agent.Candidate, error) { return open(client, o, index) }))
}
