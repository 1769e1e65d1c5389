// Command election is one of the programs that bench/lock-peers compares.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"lockclaim.dev/bench/peers/agent"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// election is client-go's leader election on a Lease, set to give the lease back when it is cancelled.
type election struct {
	config leaderelection.LeaderElectionConfig
	cancel context.CancelFunc
	ended  chan struct{}
}

func newElection(o agent.Options, index int) (*election, error) {
	config, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	// The proportions of the defaults, 15 s, 10 s and 2 s; at 5 s they are the 5/3/1 that users set.
	lease := time.Duration(o.TTLSeconds) * time.Second
	return &election{config: leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: "default", Name: o.LockOf(index)},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: fmt.Sprintf("%d-%d", os.Getpid(), index)},
		},
		LeaseDuration:   lease,
		RenewDeadline:   lease * 3 / 5,
		RetryPeriod:     lease / 5,
		ReleaseOnCancel: true,
	}}, nil
}

func (e *election) Join(ctx context.Context) (<-chan struct{}, error) {
	leads := make(chan struct{})
	ended := make(chan struct{})
	config := e.config
	config.Callbacks = leaderelection.LeaderCallbacks{
		OnStartedLeading: func(context.Context) { close(leads) },
		OnStoppedLeading: func() { close(ended) },
	}
	elector, err := leaderelection.NewLeaderElector(config)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(ctx)
	e.cancel, e.ended = cancel, ended
	go elector.Run(running)
	select {
	case <-leads:
		return ended, nil
	case <-ended:
		return nil, fmt.Errorf("the election ended without a lead")
	}
}

func (e *election) Release(context.Context) error {
	e.cancel()
	<-e.ended
	return nil
}

func main() {
	o := agent.Parse()
	agent.Fail(agent.Play(o, func(index int) (agent.Candidate, error) { return newElection(o, index) }))
}
