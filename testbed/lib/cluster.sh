# shellcheck shell=bash
# The daemons of Kubernetes on their nodes, in the order in which they can start.

cluster_tools=(pause etcd kube-apiserver kubectl kube-controller-manager kube-scheduler
  containerd containerd-shim-runc-v2 ctr kubelet kube-proxy coredns)

start_etcd() {
  # The cluster's own store. It may lose its data when the machine stops, as the cluster is made anew then. Locks
  # are never kept here.
  start_daemon node-1 etcd "$bin_dir/etcd" --name=node-1 --data-dir="$(node_dir node-1)/etcd" --unsafe-no-fsync \
    --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
    --listen-peer-urls=http://127.0.0.1:2380 --log-level=warn
}

start_apiserver() {
  start_daemon node-1 kube-apiserver "$bin_dir/kube-apiserver" \
    --etcd-servers=http://127.0.0.1:2379 --advertise-address="$api_address" \
    --service-cluster-ip-range="$service_range" --allow-privileged \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --client-ca-file="$pki_dir/ca.crt" \
    --tls-cert-file="$pki_dir/apiserver.crt" --tls-private-key-file="$pki_dir/apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$pki_dir/service-accounts.pub" \
    --service-account-signing-key-file="$pki_dir/service-accounts.key" \
    --kubelet-certificate-authority="$pki_dir/ca.crt" \
    --kubelet-client-certificate="$pki_dir/apiserver-kubelet.crt" \
    --kubelet-client-key="$pki_dir/apiserver-kubelet.key" \
    --kubelet-preferred-address-types=InternalIP
}

start_controllers() {
  start_daemon node-1 kube-controller-manager "$bin_dir/kube-controller-manager" \
    --kubeconfig="$pki_dir/kube-controller-manager.kubeconfig" --leader-elect=false --bind-address=127.0.0.1 \
    --flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins --use-service-account-credentials \
    --root-ca-file="$pki_dir/ca.crt" \
    --service-account-private-key-file="$pki_dir/service-accounts.key" \
    --cluster-signing-cert-file="$pki_dir/ca.crt" --cluster-signing-key-file="$pki_dir/ca.key"
  start_daemon node-1 kube-scheduler "$bin_dir/kube-scheduler" \
    --kubeconfig="$pki_dir/kube-scheduler.kubeconfig" --leader-elect=false --bind-address=127.0.0.1
}

# write_node_config NODE
write_node_config() {
  local node=$1 dir cgroup_v1=''
  dir=$(node_dir "$node")
  (($(cgroup_version) == 2)) || cgroup_v1='failCgroupV1: false'
  fill "$testbed_dir/config/cni.conflist" POD_SUBNET "$(pod_subnet "$node")" >"$dir/cni/10-pods.conflist"
  fill "$testbed_dir/config/containerd.toml" NODE_DIR "$dir" PAUSE_IMAGE "$pause_image" \
    RUNC "$(command -v runc)" CNI_BIN_DIR "$cni_bin_dir" >"$dir/containerd.toml"
  fill "$testbed_dir/config/kubelet.yaml" NODE "$node" PKI_DIR "$pki_dir" DNS_IP "$dns_ip" \
    CGROUP_ROOT "/$cgroup_parent/$node" CGROUP_V1 "$cgroup_v1" >"$dir/kubelet.yaml"
}

start_containerd() { start_daemon "$1" containerd "$bin_dir/containerd" --config "$(node_dir "$1")/containerd.toml"; }

containerd_answers() { in_node "$1" "$bin_dir/ctr" version >/dev/null 2>&1; }

start_kubelet() {
  start_daemon "$1" kubelet "$bin_dir/kubelet" --config="$(node_dir "$1")/kubelet.yaml" \
    --kubeconfig="$pki_dir/kubelet-$1.kubeconfig" --hostname-override="$1" --node-ip="$(node_address "$1")"
}

start_kube_proxy() {
  local masquerade=()
  # Without bridge netfilter, replies between two pods of one node pass by the translation of service addresses,
  # unless the node stands in between.
  in_node "$1" test -e /proc/sys/net/bridge/bridge-nf-call-iptables || masquerade=(--masquerade-all)
  start_daemon "$1" kube-proxy "$bin_dir/kube-proxy" --kubeconfig="$pki_dir/kube-proxy.kubeconfig" \
    --hostname-override="$1" --proxy-mode=iptables --cluster-cidr="$pod_range" --conntrack-max-per-core=0 \
    --oom-score-adj=0 "${masquerade[@]}"
}

api_ready() {
  require_daemons
  admin get --raw=/readyz >/dev/null 2>&1
}

# nodes_ready NODE...
nodes_ready() {
  local node ready
  require_daemons
  for node in "$@"; do
    ready=$(admin get node "$node" \
      -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null) || return 1
    [[ $ready == True ]] || return 1
  done
}

dns_ready() {
  require_daemons
  [[ $(admin -n kube-system get deployment coredns -o 'jsonpath={.status.readyReplicas}' 2>/dev/null) == 1 ]]
}

install_dns() {
  fill "$testbed_dir/config/coredns.yaml" DNS_IP "$dns_ip" COREDNS_IMAGE "$coredns_image" |
    admin apply --server-side --validate=false -f - >/dev/null
}

# make_node NODE: namespaces, cgroups, certificate and configuration; starts nothing yet.
make_node() {
  make_holder "$1"
  make_cgroups "$1"
  make_node_certificate "$1"
  write_node_config "$1"
}

# start_node NODE: what runs on every node. Also starts what has died there.
start_node() {
  start_containerd "$1"
  wait_for "containerd on $1" 60 containerd_answers "$1"
  load_node_images "$1"
  start_kubelet "$1"
  start_kube_proxy "$1"
}

# start_control_plane: on node-1, up to the point where the API answers.
start_control_plane() {
  start_etcd
  start_apiserver
}

# join_control_plane: what can start only when the API answers.
join_control_plane() {
  wait_for 'the API server' 120 api_ready
  start_controllers
}
