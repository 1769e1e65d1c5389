# shellcheck shell=bash
# Each node has a cgroup of its own under one parent of the testbed's, in which the kubelet makes those of the pods.
# With cgroup v1 that is so in every hierarchy.

cgroup_mount=/sys/fs/cgroup
# Two testbeds with different caches must never take each other's.
cgroup_parent=lockclaim-$(printf %s "$state_dir" | sha256sum | head -c 8)

cgroup_version() {
  if [[ $(stat -f -c %T "$cgroup_mount") == cgroup2fs ]]; then echo 2; else echo 1; fi
}

# cgroup_hierarchies: the mount points in which a node's cgroup is made.
cgroup_hierarchies() {
  if (($(cgroup_version) == 2)); then
    echo "$cgroup_mount"
  else
    awk -v mount="$cgroup_mount/" '$3 == "cgroup" && index($2, mount) == 1 { print $2 }' /proc/self/mounts
  fi
}

# make_cgroups NODE
make_cgroups() {
  local hierarchy level parent
  while read -r hierarchy; do
    for level in "$cgroup_parent" "$cgroup_parent/$1"; do
      mkdir -p "$hierarchy/$level"
      parent=$(dirname "$hierarchy/$level")
      if (($(cgroup_version) == 2)); then
        enable_controllers "$parent"
      elif [[ -e $hierarchy/$level/cpuset.cpus ]]; then
        # A new cpuset is empty, and nothing can run in it.
        cat "$parent/cpuset.cpus" >"$hierarchy/$level/cpuset.cpus"
        cat "$parent/cpuset.mems" >"$hierarchy/$level/cpuset.mems"
      fi
    done
    (($(cgroup_version) == 1)) || enable_controllers "$hierarchy/$cgroup_parent/$1"
  done < <(cgroup_hierarchies)
}

# enable_controllers DIR: for DIR's children, those that the kubelet asks for (cgroup v2).
enable_controllers() {
  local controller
  for controller in cpuset cpu io memory pids hugetlb; do
    if grep -qw "$controller" "$1/cgroup.controllers"; then
      printf '+%s' "$controller" >"$1/cgroup.subtree_control" 2>/dev/null ||
        die "can't enable the cgroup controller $controller in $1: run the testbed in a machine or container whose root cgroup is its own"
    fi
  done
}

# own_cgroups: the testbed's cgroups, children before parents. Also where runc makes them in a mixed setup, in the
# v2 hierarchy beside v1.
own_cgroups() {
  local root
  for root in "$cgroup_mount/$cgroup_parent" "$cgroup_mount"/*/"$cgroup_parent"; do
    [[ ! -d $root ]] || find "$root" -depth -type d
  done
}

# cgroup_pids: all processes in the testbed's cgroups.
cgroup_pids() {
  local dir
  while read -r dir; do
    cat "$dir/cgroup.procs" 2>/dev/null || true
  done < <(own_cgroups) | sort -un
}

# thaw_cgroups: a frozen process (cgroup v1) does not die of SIGKILL.
thaw_cgroups() {
  local dir
  while read -r dir; do
    if [[ -e $dir/freezer.state && $(<"$dir/freezer.state") != THAWED ]]; then
      echo THAWED >"$dir/freezer.state"
    fi
  done < <(own_cgroups)
}

# remove_cgroups: once they are empty; the kernel may need a moment to see that.
remove_cgroups() { wait_for 'cgroups to become empty' 20 try_remove_cgroups; }

try_remove_cgroups() {
  local dir
  while read -r dir; do
    rmdir "$dir" 2>/dev/null || return 1
  done < <(own_cgroups)
}
