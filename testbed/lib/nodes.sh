# shellcheck shell=bash
# A node is a network, mount and host name namespace of its own, held open by one sleeping process, the holder. Every
# daemon of the node runs in them and can be killed and started again by itself.

node_dir() { echo "$state_dir/nodes/$1"; }

# made_nodes: the nodes of this testbed, whether they run or not.
made_nodes() {
  local dir
  for dir in "$state_dir"/nodes/*/; do
    [[ ! -d $dir ]] || basename "$dir"
  done
}

# holder_pid NODE: returns 1 if the node does not run.
holder_pid() { recorded_pid "$(node_dir "$1")/holder"; }

# require_node NODE: sets holder, or dies.
require_node() {
  holder=$(holder_pid "$1") || die "there is no node $1 here: run testbed/up; nodes: $(made_nodes | paste -sd ' ')"
}

# in_node NODE COMMAND...: in the node's namespaces.
in_node() {
  local holder
  require_node "$1"
  shift
  nsenter -t "$holder" -n -m -u -- "$@"
}

# make_holder NODE: makes the node's namespaces and the mounts in them.
make_holder() {
  local dir
  dir=$(node_dir "$1")
  mkdir -p "$dir"/{cni,cni-state,containerd,daemons,kubelet,log}
  # Containers that run as somebody else have volumes below it.
  chmod 755 "$dir" "$dir/kubelet"
  # shellcheck disable=SC2016
  setsid unshare --net --mount --uts --propagation private bash -euc '
    dir=$1
    hostname "$2"
    ip link set lo up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    # Else replies between two pods of one node pass by the translation of service addresses.
    bridge=/proc/sys/net/bridge/bridge-nf-call-iptables
    [[ ! -e $bridge ]] || echo 1 >"$bridge"
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/netns /run/lock /run/containerd
    # The usual paths, short enough for sockets (107 bytes), with nothing written to folders of the machine.
    mount --bind "$dir/kubelet" /var/lib/kubelet
    mount --bind "$dir/log" /var/log
    mount --bind "$dir/cni-state" /var/lib/cni
    # Mounts of the kubelet must reach its containers.
    mount --make-rshared /
    exec sleep infinity' holder "$dir" "$1" </dev/null >"$dir/log/holder.log" 2>&1 {lock_fd}>&- &
  local pid=$!
  wait_for "the namespaces of $1" 20 holder_ready "$pid" "$dir"
  record "$pid" "$dir/holder"
}

holder_ready() {
  [[ -n $(start_time "$1") ]] || die "the namespaces of the node could not be made: $(tail -n 1 "$2/log/holder.log")"
  [[ $(<"/proc/$1/comm") == sleep ]]
}

# start_daemon NODE DAEMON COMMAND...: unless it runs.
start_daemon() {
  local node=$1 daemon=$2 dir holder
  shift 2
  dir=$(node_dir "$node")
  recorded_pid "$dir/daemons/$daemon" >/dev/null && return
  require_node "$node"
  PATH=$bin_dir:$PATH setsid nsenter -t "$holder" -n -m -u -- "$@" \
    </dev/null >>"$dir/log/$daemon.log" 2>&1 {lock_fd}>&- &
  record $! "$dir/daemons/$daemon"
}

# require_daemons: dies if a daemon has ended, with the end of its log.
require_daemons() {
  local file node daemon
  for file in "$state_dir"/nodes/*/daemons/*; do
    recorded_pid "$file" >/dev/null && continue
    daemon=$(basename "$file")
    node=$(basename "$(dirname "$(dirname "$file")")")
    tail -n 5 "$(node_dir "$node")/log/$daemon.log" >&2
    die "$daemon on $node does not run; above is the end of $(node_dir "$node")/log/$daemon.log"
  done
}
