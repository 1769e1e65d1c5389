# shellcheck shell=bash
# The recorder in three pods of the cluster: started, asked to hand over, and taken away.

namespace=lockclaim-bench

# bench KUBECTL_ARGUMENT...: kubectl in the bench's namespace.
bench() { kubectl --namespace "$namespace" "$@"; }

# prepare: a cluster with Lockclaim, and the recorder in it. Only the testbed: processes of pods are looked at from outside.
prepare() {
  choose_cluster
  [[ $own_cluster == yes ]] || die "this measures on the testbed only, whose pods it sees from outside: unset KUBECONFIG and LOCKCLAIM_KUBECONFIG"
  work=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  start_cluster
  pods_first
  build_and_load_images
  has_lockclaim && was_there=yes
  install_lockclaim
  # mktemp's folder is its user's only; the recorder runs as the image's.
  mkdir "$work/records"
  chmod 755 "$work"
  chmod 777 "$work/records"
  musl-gcc -std=gnu17 -O2 -static -Wall -Wextra -Werror -o "$work/records/recorder" bench/src/recorder.c
  kubectl create namespace "$namespace" >/dev/null
  sed -e "s#@RECORDS@#$work/records#" -e "s#localhost/lockclaim/#$registry/#" bench/lib/workload.yaml | bench apply --filename - >/dev/null
  all_ready
  until_true "a first main" test -s "$work/records/main"
}

# pods_first: gives the testbed's pods the largest share of the CPU that cgroups know, so that what else the machine does matters less.
# Within it they compete by their own requests, as ever.
pods_first() {
  local folder
  for folder in /sys/fs/cgroup/{,cpu/,cpu,cpuacct/}lockclaim-*{,/node-1}; do
    if [[ -e $folder/cpu.weight ]]; then
      echo 10000 >"$folder/cpu.weight"
    elif [[ -e $folder/cpu.shares ]]; then
      echo 262144 >"$folder/cpu.shares"
    fi
  done
}

was_there=no
clean_up() {
  kubectl delete namespace "$namespace" --ignore-not-found >/dev/null 2>&1 || true
  [[ $was_there == no ]] || installed=no
  leave_cluster || say "not everything could be taken away, see above"
  rm -rf "$work"
}

# until_true WHAT COMMAND...: waits until COMMAND succeeds.
until_true() {
  local what=$1 end=$((SECONDS + 120))
  shift
  until "$@"; do
    ((SECONDS < end)) || die "gave up on $what after 120 s; look at: kubectl --namespace $namespace get pods,events"
    sleep 0.02
  done
}

all_ready() { bench rollout status deployment/recorder --timeout 2m >/dev/null; }

# last_start: the last main's record: NANOS POD TOKEN.
last_start() { awk '$1 == "start" { line = $2 " " $3 " " $4 } END { print line }' "$work/records/main"; }
starts() { grep -c ^start "$work/records/main"; }
started_again() { (($(starts) > $1)); }

# socket POD: the path of the pod's lock.sock as this machine sees it.
socket() { echo "/proc/$(testbed/pod-pids --container lockclaim "$namespace" "$1" | head -n 1)/root/lockclaim/lock.sock"; }

# in_line SOCKET COUNT: whether that many candidates are waiting, as the holder sees it.
in_line() { [[ $(curl -s --unix-socket "$1" http://lock/v1/state | jq .candidates) == "$2" ]]; }
