// Package etcdclient opens the one client that the candidates of a process share.
package etcdclient

import (
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Open connects to etcd.
func Open(url string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: []string{url}, DialTimeout: 5 * time.Second})
}
