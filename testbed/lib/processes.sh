# shellcheck shell=bash
# Processes are recorded as "PID START", with the kernel's start time, so that a PID which another process got later
# is never taken for the one that was recorded.
#
# Whatever `up` starts, directly or not, has LOCKCLAIM_TESTBED=<state folder> in its environment, from its first
# instruction: so it is found even if `up` was killed before it could write anything down.

marker=LOCKCLAIM_TESTBED

# mark_self COMMAND_LINE...: starts this script again with the mark in its environment, unless it has it.
mark_self() {
  [[ ${!marker-} == "$state_dir" ]] || exec env "$marker=$state_dir" "$BASH" "$@"
}

# start_time PID: in clock ticks since boot; nothing if the process is gone or a zombie.
start_time() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  # The name, in brackets, may hold anything.
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} == [ZX] ]] || echo "${fields[19]}"
}

# record PID FILE
record() { printf '%s %s\n' "$1" "$(start_time "$1")" >"$2"; }

# recorded_pid FILE: the PID, if the process that was recorded there still runs; else returns 1.
recorded_pid() {
  local pid start
  { read -r pid start <"$1"; } 2>/dev/null || return 1
  [[ -n $start && $(start_time "$pid") == "$start" ]] || return 1
  echo "$pid"
}

# marked_pids: all processes with the mark. grep finds itself as well, if marked; it is gone when this returns.
marked_pids() {
  grep -lzxF "$marker=$state_dir" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

# namespace_mates PID...: all processes that share a mount or network namespace with one of these, other than the
# machine's own.
namespace_mates() {
  local -A theirs=()
  local pid kind space path
  for pid in "$@"; do
    for kind in mnt net; do
      # Empty for a process that is going away.
      space=$(readlink "/proc/$pid/ns/$kind" 2>/dev/null) || continue
      [[ -z $space || $space == "$(readlink "/proc/self/ns/$kind")" || $space == "$(readlink "/proc/1/ns/$kind")" ]] ||
        theirs[$space]=1
    done
  done
  ((${#theirs[@]} > 0)) || return 0
  while read -r path space; do
    [[ -z $space || -z ${theirs[$space]-} ]] || cut -d/ -f3 <<<"$path"
  done < <(find /proc/[0-9]*/ns/mnt /proc/[0-9]*/ns/net -maxdepth 0 -printf '%p %l\n' 2>/dev/null)
}

# testbed_processes: "PID START" of every process of the testbed but this one: marked, in its cgroups, or in a
# namespace of one of those.
testbed_processes() {
  local found pid start
  mapfile -t found < <(
    marked_pids || true
    cgroup_pids
  )
  mapfile -t -O "${#found[@]}" found < <(namespace_mates "${found[@]}")
  for pid in $(printf '%s\n' "${found[@]}" | sort -un); do
    start=$(start_time "$pid")
    [[ $pid == "$$" || $pid == "$BASHPID" || -z $start ]] || echo "$pid $start"
  done
}

# kill_testbed: kills every process of the testbed, and returns when none is left.
kill_testbed() {
  local started=$SECONDS pid start processes
  while true; do
    thaw_cgroups
    mapfile -t processes < <(testbed_processes)
    ((${#processes[@]} > 0)) || return 0
    ((SECONDS - started < 60)) || die "these processes do not die, though killed for 60 s (PID, start): ${processes[*]}"
    for start in "${processes[@]}"; do
      pid=${start% *}
      [[ $(start_time "$pid") != "${start#* }" ]] || kill -KILL "$pid" 2>/dev/null || true
    done
    sleep 0.05
  done
}
