# shellcheck shell=bash
# Addresses and links. node-1 hangs on the machine, node-2 on node-1:
#
#   machine 10.99.0.1 -- 10.99.0.2 node-1 10.99.0.5 -- 10.99.0.6 node-2
#           lockclaim0 - machine        node-2 ------- node-1            (names of the interfaces)

machine_link=lockclaim0
pod_range=10.88.0.0/16
service_range=10.96.0.0/16
link_range=10.99.0.0/24
dns_ip=10.96.0.10
api_address=10.99.0.2
api_server=https://$api_address:6443

node_address() {
  case $1 in
    node-1) echo "$api_address" ;;
    node-2) echo 10.99.0.6 ;;
  esac
}

pod_subnet() { echo "10.88.${1#node-}.0/24"; }

# link_owner: the state folder of the testbed that is up on this machine, if any.
link_owner() { cat "/sys/class/net/$machine_link/ifalias" 2>/dev/null || true; }

# require_free_network: dies if another testbed is up, or another network of this machine has one of the ranges.
require_free_network() {
  local owner range taken
  owner=$(link_owner)
  [[ -z $owner || $owner == "$state_dir" ]] ||
    die "a testbed is already up on this machine, with its state in $owner: use that one, or take it down with LOCKCLAIM_CACHE=${owner%/testbed} testbed/down"
  for range in "$pod_range" "$service_range" "$link_range"; do
    taken=$(ip -4 route show root "$range" | grep -v "dev $machine_link" || true)
    [[ -z $taken ]] || die "the testbed needs the addresses $range, but this machine has a route there: ${taken%%$'\n'*}"
  done
}

# join_machine NODE_PID: links the machine and node-1, and routes pods and services to it.
join_machine() {
  ip link add "$machine_link" type veth peer name machine netns "$1"
  ip link set "$machine_link" alias "$state_dir"
  ip address add 10.99.0.1/30 dev "$machine_link"
  ip link set "$machine_link" up
  nsenter -t "$1" -n bash -euc "
    ip address add $api_address/30 dev machine
    ip link set machine up
    ip route add default via 10.99.0.1"
  ip route add "$pod_range" via "$api_address"
  ip route add "$service_range" via "$api_address"
}

# join_second_node NODE_1_PID NODE_2_PID: links node-1 and node-2; node-1 forwards.
join_second_node() {
  nsenter -t "$1" -n bash -euc "
    ip link add node-2 type veth peer name node-1 netns $2
    ip address add 10.99.0.5/30 dev node-2
    ip link set node-2 up
    ip route add $(pod_subnet node-2) via 10.99.0.6"
  nsenter -t "$2" -n bash -euc "
    ip address add 10.99.0.6/30 dev node-1
    ip link set node-1 up
    ip route add default via 10.99.0.5"
  ip route add 10.99.0.4/30 via "$api_address"
}

# leave_machine: removes the link, and with it all routes. Only this testbed's, or one that a crash left nameless.
leave_machine() {
  [[ -e /sys/class/net/$machine_link ]] || return 0
  local owner
  owner=$(link_owner)
  [[ -z $owner || $owner == "$state_dir" ]] || return 0
  # The node's end may be going away with its namespace at this moment, and this end with it.
  ip link delete "$machine_link" 2>/dev/null || [[ ! -e /sys/class/net/$machine_link ]]
}
