# shellcheck shell=bash
# Paths, messages and small helpers that every command of the testbed uses.

testbed_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache_dir=${LOCKCLAIM_CACHE:-${HOME:?HOME is not set: set it, or LOCKCLAIM_CACHE, to a folder for the built tools}/.cache/lockclaim}
cache_dir=$(realpath --canonicalize-missing "$cache_dir")
bin_dir=$cache_dir/bin
store_dir=$bin_dir/.store
state_dir=$cache_dir/testbed
kubeconfig=$state_dir/kubeconfig

# Exit codes: 1 something failed, 2 the command line is wrong.
say() { printf 'testbed: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}
wrong_use() {
  say "$*"
  exit 2
}

# show_help: prints the comment at the head of the command that runs.
show_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# take_lock FILE WHAT: an exclusive lock on FILE, held until this process ends. Its number is left in lock_fd,
# for those who start daemons: a daemon that inherited it would keep the lock.
take_lock() {
  local started=$SECONDS
  exec {lock_fd}>>"$1"
  until flock --timeout 10 "$lock_fd"; do
    say "waiting for another process to finish $2, $((SECONDS - started)) s"
  done
}

# wait_for WHAT SECONDS COMMAND...: until COMMAND succeeds; dies after SECONDS.
wait_for() {
  local what=$1 limit=$2 started=$SECONDS said=0
  shift 2
  until "$@"; do
    ((SECONDS - started < limit)) || die "gave up on $what after $limit s; logs are in $state_dir/nodes/*/log"
    if ((SECONDS - started >= said + 10)); then
      said=$((SECONDS - started))
      say "waiting for $what: $said of at most $limit s"
    fi
    sleep 0.1
  done
}

# fill FILE KEY VALUE [KEY VALUE]...: prints FILE with each @KEY@ replaced by its VALUE.
fill() {
  local text
  text=$(<"$1")
  shift
  while (($# > 0)); do
    text=${text//@"$1"@/"$2"}
    shift 2
  done
  printf '%s\n' "$text"
}

# admin ARGUMENTS...: kubectl on the testbed's cluster. Its cache stays in the state folder.
admin() { "$bin_dir/kubectl" --kubeconfig "$kubeconfig" --cache-dir "$state_dir/kubectl-cache" "$@"; }
