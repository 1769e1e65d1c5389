# shellcheck shell=bash
# The machine that the nodes run on: what it must offer, and what of it is changed and put back.

# Commands that a node needs, and the Debian packages that have them.
packages=(
  runc:runc iptables:iptables nft:nftables ip:iproute2 conntrack:conntrack ethtool:ethtool socat:socat jq:jq
  ps:procps nsenter:util-linux openssl:openssl musl-gcc:musl-tools busybox:busybox-static
)
cni_bin_dirs=(/usr/lib/cni /opt/cni/bin /usr/libexec/cni)

# The kubelet sets these for the whole machine.
changed_sysctls=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops
  kernel.keys.root_maxkeys kernel.keys.root_maxbytes)

# require_root: dies unless this is root on Linux.
require_root() {
  local instead='or set KUBECONFIG to a cluster that you have: the tests use that one then'
  [[ $(uname -s) == Linux ]] || die "the testbed runs on Linux only, this is $(uname -s): run it in a Linux machine, $instead"
  ((EUID == 0)) || die "the testbed makes network and mount namespaces, so it needs root: run it as root (sudo -E), $instead"
  # A node has its own /run and /var/log, which hide the machine's.
  [[ $cache_dir/ != /run/* && $cache_dir/ != /var/log/* ]] ||
    die "LOCKCLAIM_CACHE is $cache_dir, but nodes can't see the machine's /run and /var/log: choose another folder"
}

# find_cni: sets cni_bin_dir to the folder with the CNI plugins. Returns 1 if there is none.
find_cni() {
  for cni_bin_dir in "${cni_bin_dirs[@]}"; do
    [[ -x $cni_bin_dir/bridge && -x $cni_bin_dir/host-local ]] && return
  done
  return 1
}

missing_packages() {
  local entry
  for entry in "${packages[@]}"; do
    command -v "${entry%%:*}" >/dev/null || printf '%s\n' "${entry#*:}"
  done
  find_cni || printf '%s\n' containernetworking-plugins
}

# ensure_packages: installs what is missing on Debian and its kin; elsewhere says what is missing.
ensure_packages() {
  local missing log
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} > 0)); then
    command -v apt-get >/dev/null ||
      die "missing here, install them first (named as in Debian): ${missing[*]}; CNI plugins are looked for in ${cni_bin_dirs[*]}"
    say "installing with apt-get: ${missing[*]}"
    log=$(mktemp)
    if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "${missing[@]}"; } \
      >"$log" 2>&1 </dev/null; then
      tail -n 20 "$log" >&2
      rm -f "$log"
      die "apt-get could not install ${missing[*]}: install them by hand, then run this again"
    fi
    rm -f "$log"
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || die "still missing after installation: ${missing[*]}"
  fi
  find_cni
}

# save_sysctls, restore_sysctls: what the kubelet changes on the whole machine, as it was before.
save_sysctls() {
  local name file
  [[ ! -e $state_dir/sysctls ]] || return 0
  for name in "${changed_sysctls[@]}"; do
    file=/proc/sys/${name//.//}
    [[ ! -r $file ]] || printf '%s %s\n' "$file" "$(<"$file")"
  done >"$state_dir/sysctls.new"
  mv "$state_dir/sysctls.new" "$state_dir/sysctls"
}

restore_sysctls() {
  local file value
  [[ -e $state_dir/sysctls ]] || return 0
  while read -r file value; do
    [[ $(<"$file") == "$value" ]] || printf '%s\n' "$value" >"$file"
  done <"$state_dir/sysctls"
}

# Folders that the kubelet and the CNI library use, whatever one says: each node mounts its own there, for which
# they must exist on the machine. Those made here are taken away again.
mount_points=(/var/lib/cni /var/lib/kubelet)

make_mount_points() {
  local dir
  for dir in "${mount_points[@]}"; do
    [[ -e $dir ]] || {
      echo "$dir" >>"$state_dir/made-mount-points"
      mkdir "$dir"
    }
  done
}

remove_mount_points() {
  local dir
  [[ -e $state_dir/made-mount-points ]] || return 0
  while read -r dir; do
    [[ ! -d $dir ]] || rmdir --ignore-fail-on-non-empty "$dir"
  done <"$state_dir/made-mount-points"
}
