# shellcheck shell=bash
# Paths, messages and small helpers that every command of the testbed uses.

testbed_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache_dir=${LOCKCLAIM_CACHE:-${HOME:?HOME is not set: set it, or LOCKCLAIM_CACHE, to a folder for the built tools}/.cache/lockclaim}
[[ $cache_dir == /* ]] || cache_dir=$PWD/$cache_dir
bin_dir=$cache_dir/bin
store_dir=$bin_dir/.store
state_dir=$cache_dir/testbed

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

# take_lock FILE WHAT: an exclusive lock on FILE, held until this process ends. Its number is left in lock_fd,
# for those who start daemons: a daemon that inherited it would keep the lock.
take_lock() {
  local started=$SECONDS
  exec {lock_fd}>>"$1"
  until flock --timeout 10 "$lock_fd"; do
    say "waiting for another process to finish $2, $((SECONDS - started)) s"
  done
}
