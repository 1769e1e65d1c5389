# shellcheck shell=bash
# Everything that commands which deal with a running testbed need.

lib_dir=$(dirname "${BASH_SOURCE[0]}")
. "$lib_dir/common.sh"
. "$lib_dir/recipes.sh"
. "$lib_dir/build.sh"
. "$lib_dir/machine.sh"
. "$lib_dir/processes.sh"
. "$lib_dir/cgroups.sh"
. "$lib_dir/network.sh"
. "$lib_dir/nodes.sh"
. "$lib_dir/pods.sh"
. "$lib_dir/pki.sh"
. "$lib_dir/images.sh"
. "$lib_dir/cluster.sh"
. "$lib_dir/leftovers.sh"
