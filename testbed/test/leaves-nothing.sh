#!/usr/bin/env bash
# Checks that testbed/down leaves nothing behind: after a whole testbed/up, after one that was killed (kill -9) at many
# points, after the holder of a node was killed, with frozen pods; and that it kills no process of anybody else's.
#
# Uses a cache of its own, in a folder with a space in its name, with the tools of $LOCKCLAIM_CACHE. No testbed may be
# up on the machine, and nothing else may make mounts, namespaces or cgroups meanwhile.
#
# Usage: testbed/test/leaves-nothing.sh [KILLS]    how many times testbed/up is killed, 10 unless told otherwise
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=../lib/all.sh
. "$here/lib/all.sh"
# shellcheck source=checks.sh
. "$here/test/checks.sh"

case ${1-} in
  -h | --help)
    show_help
    exit 0
    ;;
esac
kills=${1-10}
[[ $# -le 1 && $kills =~ ^[1-9][0-9]{0,2}$ ]] || wrong_use "takes how many times testbed/up is killed, 1 to 999, not \"$*\"; see testbed/test/leaves-nothing.sh --help"
require_root
require_free_network
[[ ! -e $state_dir ]] || die "a testbed is up: take it down first (testbed/down)"
ensure_packages
ensure_tools "${cluster_tools[@]}"

tools_cache=$cache_dir
mkdir -p "$tools_cache"
work=$(mktemp -d)
export LOCKCLAIM_CACHE="$work/a cache"
mkdir -p "$LOCKCLAIM_CACHE"
echo "$LOCKCLAIM_CACHE" >"$work/cache-path"
# Hard links where possible: then every process of this testbed runs a file below its own cache.
cp -al "$tools_cache/bin" "$LOCKCLAIM_CACHE/bin" 2>/dev/null || cp -a "$tools_cache/bin" "$LOCKCLAIM_CACHE/bin"
# A cluster of this test is never left behind, whatever happens.
foreign=''
trap '[[ -z $foreign ]] || kill "$foreign" 2>/dev/null; "$here/down" 2>/dev/null; rm -rf "$work"' EXIT

# Everything of the machine that a testbed could leave something in.
snapshot() {
  echo '# processes'
  local exe
  for exe in /proc/[0-9]*/exe; do
    exe=$(readlink "$exe") || continue
    [[ $exe != "$work"/* && $exe != /pause && $exe != /coredns ]] || echo "$exe"
  done
  # The pattern comes from a file, so that grep does not find itself.
  grep -lFf "$work/cache-path" /proc/[0-9]*/cmdline 2>/dev/null || true
  echo '# mounts'
  sort /proc/self/mounts
  echo '# links and routes'
  ip -o link | awk '{ print $2, $9 }'
  ip route show table all | sed 's/ linkdown//'
  echo '# cgroups'
  # Other programs may make cgroups of their own meanwhile.
  find /sys/fs/cgroup -type d | { grep -E 'lockclaim-|kube|pod' || true; } | sort
  echo '# packet filter'
  nft list ruleset
  iptables-save 2>/dev/null | grep -v '^#' || true
  echo '# settings'
  local name
  for name in "${changed_sysctls[@]}" net.ipv4.ip_forward; do
    cat "/proc/sys/${name//.//}" 2>/dev/null || true
  done
  echo '# folders'
  find /etc /opt /run /var/lib /var/log /usr/libexec -xdev \( -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -type d -print | sort
  find "$LOCKCLAIM_CACHE" -mindepth 1 -maxdepth 1 ! -name bin ! -name testbed-images ! -name testbed.lock
}
snapshot_here() { (cd / && snapshot) >"$work/$1"; }
nothing_left() {
  "$here/down" || return
  snapshot_here after
  diff "$work/before" "$work/after"
}

# kill_up SECONDS: testbed/up, killed after so long; only its own process, not its children.
kill_up() {
  local pid
  "$here/up" --nodes 2 >"$work/up.log" 2>&1 &
  pid=$!
  sleep "$1"
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

freeze_a_pod() {
  local dir
  # cgroup v1, then v2.
  for dir in /sys/fs/cgroup/freezer/lockclaim-*/node-1/kubepods/*/pod*; do
    [[ ! -e $dir/freezer.state ]] || echo FROZEN >"$dir/freezer.state"
  done
  for dir in /sys/fs/cgroup/lockclaim-*/node-1/kubepods/*/pod*; do
    [[ ! -e $dir/cgroup.freeze ]] || echo 1 >"$dir/cgroup.freeze"
  done
}

snapshot_here before
check 'down with nothing up' nothing_left

check 'up with one node' "$here/up"
check 'up is a no-op the second time' "$here/up"
check 'up --nodes 2 adds a node' "$here/up" --nodes 2
check 'the cluster works' "$here/test/cluster-works.sh"
refuses() { # TEXT COMMAND...
  local text=$1 output
  shift
  if output=$("$@" 2>&1); then return 1; fi
  echo "$output"
  [[ $output == *"$text"* ]]
}
check 'up --nodes 1 says that two nodes are up' refuses 'two nodes are up' "$here/up" --nodes 1
check 'up with another cache says whose testbed is up' refuses "$LOCKCLAIM_CACHE" \
  env LOCKCLAIM_CACHE="$tools_cache" "$here/up"
check 'down with another cache leaves this one alone' env LOCKCLAIM_CACHE="$tools_cache" "$here/down"
check 'status is well after that' "$here/status"

# A record of a PID that another process has by now; and one that runs in the node.
sleep 1000 >/dev/null 2>&1 &
foreign=$!
echo "$foreign 1" >"$LOCKCLAIM_CACHE/testbed/nodes/node-1/daemons/kube-proxy"
"$here/node-exec" node-1 -- sleep 1000 >/dev/null 2>&1 &
check 'a frozen pod' freeze_a_pod
check 'down leaves nothing of two nodes, a frozen pod and a command in a node' nothing_left
check 'down did not kill a process that got a recorded PID later' kill "$foreign"
foreign=''

check 'up' "$here/up"
check 'the holder of the node is killed' kill -KILL "$(cut -d' ' -f1 "$LOCKCLAIM_CACHE/testbed/nodes/node-1/holder")"
check 'up makes a new cluster when the node is gone' "$here/up"
check 'the holder is killed again' kill -KILL "$(cut -d' ' -f1 "$LOCKCLAIM_CACHE/testbed/nodes/node-1/holder")"
check 'down leaves nothing of a node without holder' nothing_left

# From before anything was made to after all was up.
for ((i = 0; i < kills; i++)); do
  seconds=$(awk -v i="$i" -v n="$kills" 'BEGIN { srand(); printf "%.2f", 12 * (i + rand()) / n }')
  kill_up "$seconds"
  check "down leaves nothing of an up killed after $seconds s ($(tail -n 1 "$work/up.log"))" nothing_left
done

kill_up 4
check 'up after an up that was killed' "$here/up"
check 'down leaves nothing of it' nothing_left
finish
