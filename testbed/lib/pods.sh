# shellcheck shell=bash
# The processes of pods, found from outside.

# pod_pids NAMESPACE POD CONTAINER: PIDs of the pod's processes, without its sandbox's; of one container, unless
# CONTAINER is empty. The kubelet names the log folder of a pod NAMESPACE_POD_UID, and its cgroup after the UID.
pod_pids() {
  local node log_dir uid cgroup pid ids
  for node in $(made_nodes); do
    ids=$(container_ids "$node" "$1" "$2" "$3")
    [[ -z $3 || -n $ids ]] || continue
    for log_dir in "$(node_dir "$node")/log/pods/${1}_${2}_"*/; do
      uid=$(basename "$log_dir")
      uid=${uid##*_}
      while read -r cgroup; do
        if [[ -z $3 ]] || grep -qFf <(printf '%s\n' "$ids") <<<"$cgroup"; then
          cat "$cgroup/cgroup.procs" 2>/dev/null || true
        fi
      done < <(own_cgroups | grep -F "/$cgroup_parent/$node/" | grep -F "/pod$uid/" || true)
    done
  done | sort -un | while read -r pid; do
    [[ -n $(start_time "$pid") ]] || continue
    [[ $(readlink "/proc/$pid/exe") == /pause ]] || echo "$pid"
  done
}

# container_ids NODE NAMESPACE POD CONTAINER: the identities of the container's runs, from the names of its logs:
# POD_NAMESPACE_CONTAINER-IDENTITY.log
container_ids() {
  local log
  [[ -n $4 ]] || return 0
  for log in "$(node_dir "$1")/log/containers/${3}_${2}_${4}-"*.log; do
    [[ ! -L $log ]] || basename "${log##*-}" .log
  done
}
