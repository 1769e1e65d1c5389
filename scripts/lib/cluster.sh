# shellcheck shell=bash
# A cluster with Lockclaim in it, for what shows, tests or measures the product. To be sourced in the root of the tree.
#
# It is the cluster of LOCKCLAIM_KUBECONFIG or KUBECONFIG where one of them is set, else the testbed, which is started if need be.

program=${0##*/}
cache_dir=${LOCKCLAIM_CACHE:-${HOME:?HOME is not set: set it, or LOCKCLAIM_CACHE, to a folder for the built tools}/.cache/lockclaim}
testbed_kubeconfig=$cache_dir/testbed/kubeconfig
system_namespace=lockclaim-system
release=lockclaim
registry=${LOCKCLAIM_REGISTRY:-localhost/lockclaim}
# Whether it is the testbed, whether we started it, and whether we installed Lockclaim there: yes or no.
own_cluster=no
started_cluster=no
installed=no

say() { printf '%s: %s\n' "$program" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# show_help: prints the comment at the head of the script that runs.
show_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# no_cluster_reason: why there can be no cluster here; nothing if there can.
no_cluster_reason() {
  local named=${LOCKCLAIM_KUBECONFIG:-${KUBECONFIG:-}} folder
  [[ -z $named || $named == "$testbed_kubeconfig" ]] || return 0
  if [[ $(uname -s) != Linux ]]; then
    echo "making a cluster needs Linux, this is $(uname -s)"
  elif ((EUID != 0)); then
    echo "making a cluster needs root"
  elif ! unshare --mount --net --propagation private mount -t tmpfs tmpfs /tmp 2>/dev/null; then
    echo "making a cluster needs mount and network namespaces, which root may not make here (a container without privileges?)"
  else
    # One hierarchy in cgroup v2; one for each controller in v1.
    for folder in /sys/fs/cgroup /sys/fs/cgroup/memory; do
      [[ ! -d $folder || -w $folder ]] || echo "making a cluster needs cgroups, and $folder cannot be written to"
    done
  fi
}

# choose_cluster: sets and exports KUBECONFIG and PATH; dies with what to do when there can be no cluster.
choose_cluster() {
  local reason answer
  reason=$(no_cluster_reason)
  [[ -z $reason ]] || die "$reason: run it as root on a Linux machine (sudo -E), or set KUBECONFIG to a cluster that can pull the \
images (make push REGISTRY=…) and LOCKCLAIM_REGISTRY to that registry"
  testbed/tools helm kubectl
  export PATH=$cache_dir/bin:$PATH
  export KUBECONFIG=${LOCKCLAIM_KUBECONFIG:-${KUBECONFIG:-$testbed_kubeconfig}}
  if [[ $KUBECONFIG == "$testbed_kubeconfig" ]]; then
    own_cluster=yes
  else
    answer=$(kubectl get --raw /readyz --request-timeout=10s 2>&1) ||
      die "the cluster of KUBECONFIG=$KUBECONFIG does not answer: ${answer##*$'\n'}; unset KUBECONFIG to make a cluster on this machine"
  fi
}

# start_cluster: starts the testbed if it is the one and not up.
start_cluster() {
  [[ $own_cluster == yes ]] || return 0
  testbed/status >/dev/null 2>&1 || started_cluster=yes
  testbed/up >/dev/null
}

# build_and_load_images: so that the testbed has them; another cluster pulls them.
build_and_load_images() {
  [[ $own_cluster == yes ]] || return 0
  images/build
  testbed/load target/images/*.tar >/dev/null
}

# has_lockclaim: whether Lockclaim is installed, by whomever and under whatever name.
has_lockclaim() {
  local found
  found=$(kubectl get mutatingwebhookconfigurations --selector app.kubernetes.io/name=lockclaim --output name) || die "the cluster could not be asked for its webhooks"
  [[ -n $found ]]
}

# image_values: prints a value that changes with the images, so that helm restarts the operator when those of the testbed were built anew.
image_values() {
  [[ $own_cluster == no ]] || printf -- '--set-string=podAnnotations.images=%s\n' "$(sha256sum target/images/*.tar | sha256sum | cut -c1-16)"
}

# install_lockclaim: with the chart's own etcd. A second time is an upgrade.
install_lockclaim() {
  local output values
  mapfile -t values < <(image_values)
  installed=yes
  output=$(helm upgrade --install "$release" helm/lockclaim --namespace "$system_namespace" --create-namespace \
    --set etcd.enabled=true --set image.registry="$registry" "${values[@]}" --wait --timeout 3m 2>&1) ||
    die "helm could not install the chart: $output; look at: kubectl --namespace $system_namespace get pods,events"
}

# leave_cluster: takes away what start_cluster and install_lockclaim made.
leave_cluster() {
  if [[ $started_cluster == yes ]]; then
    testbed/down
  elif [[ $installed == yes ]]; then
    helm uninstall "$release" --namespace "$system_namespace" --ignore-not-found --wait --timeout 2m >/dev/null || true
    kubectl delete customresourcedefinition lockclaims.lockclaim.dev --ignore-not-found >/dev/null || true
    kubectl delete namespace "$system_namespace" --ignore-not-found >/dev/null || true
  fi
}
