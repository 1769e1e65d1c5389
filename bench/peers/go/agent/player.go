package agent

import (
	"context"
	"sync/atomic"
)

// player does for one candidate what the driver says, one word after the other.
type player struct {
	index     int
	candidate Candidate
	words     chan string
	passing   atomic.Bool
	dropped   chan struct{}
}

func (p *player) run() {
	for word := range p.words {
		switch word {
		case "join":
			p.join()
		case "release":
			p.release()
		case "pass":
			p.passing.Store(true)
			for p.passing.Load() && p.join() {
				p.release()
			}
		}
	}
}

func (p *player) join() bool {
	lost, err := p.candidate.Join(context.Background())
	held := Now()
	if err != nil {
		Tell("failed", p.index, held, err.Error())
		return false
	}
	Tell("held", p.index, held)
	dropped := make(chan struct{})
	p.dropped = dropped
	go func() {
		select {
		case <-lost:
			Tell("lost", p.index, Now())
		case <-dropped:
		}
	}()
	return true
}

func (p *player) release() {
	if p.dropped == nil {
		return
	}
	close(p.dropped)
	p.dropped = nil
	releasing := Now()
	err := p.candidate.Release(context.Background())
	released := Now()
	Tell("releasing", p.index, releasing)
	if err != nil {
		Tell("failed", p.index, released, err.Error())
		return
	}
	Tell("released", p.index, released)
}
