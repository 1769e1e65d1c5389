# shellcheck shell=bash
# Takes everything away that `up` made, however far it came.

clean_up() {
  kill_testbed
  leave_machine
  remove_cgroups
  remove_mount_points
  restore_sysctls
  # All mounts were in the nodes' mount namespaces, which went with their last process.
  rm -rf --one-file-system "$state_dir"
}
