# shellcheck shell=bash
# Class data archives: the classes that a program loads, parsed and laid out beforehand, mapped from a file by every JVM of a node.
#
# A training run writes down which classes the program loads; the archive is dumped from that list. The dump is deterministic,
# other than that of the newer AOT cache (docs/decisions/images.md has the numbers), and so is the list once it is sorted and
# rid of the resolution hints, which depend on timing.

# archive NAME BASE PROGRAM: writes the archive of program NAME into the layer PROGRAM. BASE is the layer with the runtime.
archive() {
  local name=$1 base=$2 program=$3 list archive
  archive=$program$program_path/$name.jsa
  stage_arguments "$name" "$program"
  list=$cache_dir/images/$name-$({ hash_of "$program"; hash_of "$images_dir" "$base/usr"; } | sha256sum | cut -c1-16).classes
  if [[ ! -f $list ]]; then
    say "$name: training run"
    mkdir -p "$(dirname "$list")"
    train "$name" "$base" "$program" "$list.new"
    mv "$list.new" "$list"
  fi
  # A heap so large that nothing is collected while dumping: the archive holds objects, and a collection would shuffle them. Tables of
  # the usual size: small ones grow while dumping, which shuffles them too.
  sed -e '/^-Xm[snx]/d' -e '/TableSize=/d' -e '1i -Xmx256m' "$work_dir/$name.args" >"$work_dir/$name.dump"
  env --chdir="$program" "$base$runtime_path/bin/java" -Xshare:dump -Xlog:disable -Xlog:all=error:stderr -XX:SharedClassListFile="$list" \
    -XX:SharedArchiveFile="$archive" "@$work_dir/$name.dump" ||
    die "the class data archive of $name could not be written; its class list is $list"
  chmod 644 "$archive"
}

# stage_arguments NAME PROGRAM: writes a copy of java.args that fits the layer where it is staged. The class path in it is relative:
# the archive keeps it, and must not depend on where this tree is. The JVM accepts the same jars below another folder.
stage_arguments() {
  sed -e "s#$program_path/#${program_path#/}/#g" -e '/^-XX:SharedArchiveFile=/d' "$2$program_path/java.args" >"$work_dir/$1.args"
}

# train NAME BASE PROGRAM LIST: runs NAME through what it does in its life and writes the classes that it loaded to LIST.
train() {
  local name=$1 base=$2 program=$3 list=$4 folder status
  # A short path: the names of Unix sockets have little room.
  folder=$(mktemp -d "${TMPDIR:-/tmp}/lockclaim-training.XXXXXX")
  # In a process of its own: whatever happens there, what it started is stopped. Not "( … ) || status=$?": there -e means nothing.
  set +e
  (
    set -e
    # The name as it is now: after an error the trap runs where the variable is gone.
    # shellcheck disable=SC2064
    trap "stop_training '$folder'" EXIT
    # Background processes of a script ignore the interrupt key; this script then must end them.
    trap 'exit 130' INT TERM
    # shellcheck disable=SC2030 # the functions that use it are called in this subshell
    training_java=(env --chdir="$program" "$base$runtime_path/bin/java" "-XX:DumpLoadedClassList=$folder/classes" "@$work_dir/$name.args")
    "train_$name" "$folder" "$program"
  )
  status=$?
  set -e
  if ((status != 0)); then
    say "the training run of $name failed (status $status); the end of its output, from $folder:"
    tail -n 20 "$folder"/*.log >&2
    return "$status"
  fi
  { grep -v '^[#@]' "$folder/classes" | sed 's/ id:.*//' | LC_ALL=C sort -u
    grep '^@lambda' "$folder/classes" | LC_ALL=C sort -u; } >"$list"
  rm -r "$folder"
}

# in_training FOLDER NAME COMMAND...: starts COMMAND, which is stopped at the end of the training; its output is NAME.log.
in_training() {
  local folder=$1 name=$2
  shift 2
  "$@" >"$folder/$name.log" 2>&1 &
  echo $! >"$folder/$name.pid"
}

stop_training() { # FOLDER
  local file
  # Whenever the shell hears of such an end, also between two of these lines, it would say "Killed".
  {
    for file in "$1"/*.pid; do
      [[ -f $file ]] || continue
      # images/run is the parent of its namespace's first process, which does not die with it: the change of the user takes the
      # death signal that unshare gave it away.
      pkill -KILL --parent "$(<"$file")" || true
      kill -KILL "$(<"$file")" || true # it has ended by itself
    done
    wait
  } 2>/dev/null
}

# until_true WHAT COMMAND...: waits until COMMAND succeeds, for a minute at most, and while all that was started runs.
until_true() {
  local what=$1 deadline=$((SECONDS + 60)) file
  shift
  until "$@" >/dev/null 2>&1; do
    for file in "$folder"/*.pid; do
      kill -0 "$(<"$file")" 2>/dev/null || {
        say "$(basename "$file" .pid) ended while $what was waited for"
        return 1
      }
    done
    ((SECONDS < deadline)) || {
      say "gave up after a minute of waiting for $what"
      return 1
    }
    sleep 0.1
  done
}

# training_etcd FOLDER: starts an etcd and sets etcd_url to where it listens.
training_etcd() {
  local folder=$1 port attempt
  "$root_dir/testbed/tools" etcd etcdctl
  for attempt in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000 + attempt))
    etcd_url=http://127.0.0.1:$port
    in_training "$folder" etcd "$bin_dir/etcd" --data-dir "$folder/etcd-data" --unsafe-no-fsync --log-level=error \
      --listen-client-urls "$etcd_url" --advertise-client-urls "$etcd_url" --listen-peer-urls "http://127.0.0.1:$((port + 10000))" \
      --initial-advertise-peer-urls "http://127.0.0.1:$((port + 10000))" --initial-cluster "default=http://127.0.0.1:$((port + 10000))"
    sleep 0.2
    if kill -0 "$(<"$folder/etcd.pid")" 2>/dev/null; then
      until_true "etcd at $etcd_url" "$bin_dir/etcdctl" --endpoints "$etcd_url" endpoint health
      return
    fi
  done
  say "etcd found no free port"
  return 1
}

# start_sidecar FOLDER COMMAND...: an etcd, a claim in it, and COMMAND, a sidecar, which is to serve on sidecar_port. When it was
# launched is in launched_nanos.
start_sidecar() {
  local folder=$1 cluster
  shift
  training_etcd "$folder"
  mkdir -p "$folder/settings" "$folder/volume"
  echo "$etcd_url" >"$folder/settings/endpoints"
  echo /lockclaim >"$folder/settings/prefix"
  # What the operator would write.
  cluster=$("$bin_dir/etcdctl" --endpoints "$etcd_url" member list --hex --write-out=json | jq -r .header.cluster_id)
  jq -cn --arg cluster "$(printf '%16s' "$cluster" | tr ' ' 0)" '{v: 1, slots: 1, delaySeconds: 0, prefer: "FirstInLine",
      newestRevision: "", suspend: false, epoch: 0, clusterId: $cluster}' |
    "$bin_dir/etcdctl" --endpoints "$etcd_url" put /lockclaim/training/training/settings >/dev/null
  sidecar_port=$((30000 + RANDOM % 10000))
  launched_nanos=$(date +%s%N)
  LOCKCLAIM_NAMESPACE=training LOCKCLAIM_NAME=training LOCKCLAIM_POD_NAME=training-0 LOCKCLAIM_NODE_NAME=node \
    LOCKCLAIM_POD_UID=00000000-0000-0000-0000-000000000000 LOCKCLAIM_POD_REVISION=1 LOCKCLAIM_CONTAINERS=main \
    LOCKCLAIM_TTL_SECONDS=5 LOCKCLAIM_STOP_GRACE_SECONDS=1 LOCKCLAIM_RESTART_POLICY=Always \
    LOCKCLAIM_ETCD_DIR=$folder/settings LOCKCLAIM_VOLUME=$folder/volume LOCKCLAIM_HTTP_PORT=$sidecar_port \
    LOCKCLAIM_PROBES='{"main":{"readiness":{"tcpSocket":{"port":1}}}}' \
    in_training "$folder" sidecar "$@"
}

# activate_sidecar FOLDER: starts the gate that the sidecar has laid into its volume, and waits until main runs.
activate_sidecar() {
  until_true "the sidecar's gate.sock" test -S "$1/volume/gate.sock"
  in_training "$1" gate "$1/volume/gate" run --new-namespace "--socket=$1/volume/gate.sock" -- sleep 1000
  until_active "$1"
}

until_active() { # FOLDER
  until_true "the sidecar to become active" \
    eval "curl -fsS --unix-socket '$1/volume/lock.sock' http://lock/v1/state | jq -e '.state == \"active\"'"
}

# hand_over FOLDER: the active sidecar yields to a candidate that is no more than a key; the lease of that one ends, and the sidecar is
# granted the lock again. So what is needed at a hand-over is in the archive, on both sides.
hand_over() {
  local etcdctl=("$bin_dir/etcdctl" --endpoints "$etcd_url") lease prefix=/lockclaim/training/training
  lease=$("${etcdctl[@]}" lease grant 600 | awk '{ print $2 }')
  "${etcdctl[@]}" put "$prefix/queue/$(printf '%16s' "$lease" | tr ' ' 0)" --lease="$lease" \
    '{"v":1,"pod":"training-1","uid":"00000000-0000-0000-0000-000000000001","node":"node","revision":"1","sidecar":1}' >/dev/null
  until_true "the sidecar to see who waits in line" \
    eval "curl -fsS --unix-socket '$1/volume/lock.sock' http://lock/v1/state | jq -e '.candidates == 1'"
  curl -fsS -o /dev/null -X POST --unix-socket "$1/volume/lock.sock" http://lock/v1/yield
  until_true "the sidecar to give the lock away" eval "'${etcdctl[0]}' --endpoints '$etcd_url' get '$prefix/holder/0' | grep -q training-1"
  "${etcdctl[@]}" lease revoke "$lease" >/dev/null
  until_active "$1"
}

# The sidecar's life: it joins, its gate starts main, it answers probes and the socket, it renews, it hands over, it is told to go.
train_sidecar() { # FOLDER PROGRAM
  local folder=$1 path
  # shellcheck disable=SC2031 # called inside that subshell
  LOCKCLAIM_GATE=$2$program_path/gate start_sidecar "$folder" "${training_java[@]}" sidecar
  activate_sidecar "$folder"
  for path in startupz livez readyz metrics probe/main/readiness; do
    curl -sS -o /dev/null "http://127.0.0.1:$sidecar_port/$path"
  done
  hand_over "$folder"
  sleep 3 # long enough for a few renewals; nothing waits for it
  kill -TERM "$(<"$folder/sidecar.pid")"
  # The list is written when the JVM ends by itself.
  wait "$(<"$folder/sidecar.pid")" || true
  test -s "$folder/classes"
}

# The operator's start, as far as it comes without an API server: it serves its probes, reaches etcd and keeps looking for the rest.
train_operator() { # FOLDER PROGRAM
  local folder=$1 port=$((30000 + RANDOM % 10000)) path
  training_etcd "$folder"
  mkdir -p "$folder/settings"
  echo "$etcd_url" >"$folder/settings/endpoints"
  echo /lockclaim >"$folder/settings/prefix"
  # shellcheck disable=SC2031 # called inside that subshell
  KUBERNETES_MASTER=http://127.0.0.1:1 KUBECONFIG=$folder/none POD_NAME=training LOCKCLAIM_OPERATOR_NAMESPACE=training \
    LOCKCLAIM_SIDECAR_IMAGE=sidecar LOCKCLAIM_ETCD_DIR=$folder/settings LOCKCLAIM_WEBHOOK_PORT=0 LOCKCLAIM_HTTP_PORT=$port \
    in_training "$folder" operator "${training_java[@]}"
  until_true "the operator's probes" curl -sS "http://127.0.0.1:$port/livez"
  for path in readyz metrics; do
    curl -sS -o /dev/null "http://127.0.0.1:$port/$path"
  done
  sleep 3 # long enough for its loops to have turned; nothing waits for it
  kill -TERM "$(<"$folder/operator.pid")"
  wait "$(<"$folder/operator.pid")" || true
  test -s "$folder/classes"
}
