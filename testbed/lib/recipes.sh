# shellcheck shell=bash
# What each tool is built from. Versions are pinned in modules/*/go.mod and nowhere else.

tool_names=(etcd etcdctl etcd-3.5.12 kube-apiserver kubectl helm helm-unittest crane
  kube-controller-manager kube-scheduler kubelet kube-proxy containerd containerd-shim-runc-v2 ctr coredns pause)

# module_version MODULE_DIR MODULE_PATH: the version that the go.mod of modules/MODULE_DIR requires.
module_version() {
  awk -v path="$2" '$1 == path { print $2; exit } $1 == "require" && $2 == path { print $3; exit }' \
    "$testbed_dir/modules/$1/go.mod"
}

# kubernetes_stamps: linker flags for the version. Without them a node reports v0.0.0 and version checks fail.
kubernetes_stamps() {
  local version major minor
  version=$(module_version kubernetes k8s.io/kubernetes)
  IFS=. read -r major minor _ <<<"${version#v}"
  local package
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- '-X %s.gitVersion=%s -X %s.gitMajor=%s -X %s.gitMinor=%s ' \
      "$package" "$version" "$package" "$major" "$package" "$minor"
  done
}

# recipe NAME: sets recipe_module (a folder in modules/), recipe_package, recipe_tags and recipe_stamps.
# recipe_module is empty for what is compiled from C. Returns 1 if there is no such tool.
recipe() {
  recipe_module='' recipe_package='' recipe_tags='' recipe_stamps=''
  case $1 in
    etcd) recipe_module=etcd recipe_package=go.etcd.io/etcd/server/v3 ;;
    etcdctl) recipe_module=etcd recipe_package=go.etcd.io/etcd/etcdctl/v3 ;;
    etcd-3.5.12) recipe_module=etcd-3.5.12 recipe_package=go.etcd.io/etcd/server/v3 ;;
    kube-apiserver | kube-controller-manager | kube-scheduler | kubelet | kube-proxy | kubectl)
      recipe_module=kubernetes
      recipe_package=k8s.io/kubernetes/cmd/$1
      recipe_stamps=$(kubernetes_stamps)
      ;;
    containerd | containerd-shim-runc-v2 | ctr)
      recipe_module=containerd
      recipe_package=github.com/containerd/containerd/v2/cmd/$1
      # The snapshotters that need C libraries or devices of their own; nodes use overlayfs.
      recipe_tags=no_btrfs,no_devmapper,no_zfs,no_aufs
      recipe_stamps="-X github.com/containerd/containerd/v2/version.Version=$(module_version containerd github.com/containerd/containerd/v2)"
      ;;
    coredns) recipe_module=coredns recipe_package=github.com/coredns/coredns ;;
    helm)
      recipe_module=helm
      recipe_package=helm.sh/helm/v4/cmd/helm
      recipe_stamps="-X helm.sh/helm/v4/internal/version.version=$(module_version helm helm.sh/helm/v4)"
      ;;
    helm-unittest) recipe_module=helm-unittest recipe_package=github.com/helm-unittest/helm-unittest/cmd/helm-unittest ;;
    crane)
      recipe_module=crane
      recipe_package=github.com/google/go-containerregistry/cmd/crane
      recipe_stamps="-X github.com/google/go-containerregistry/cmd/crane/cmd.Version=$(module_version crane github.com/google/go-containerregistry)"
      ;;
    pause) ;;
    *) return 1 ;;
  esac
}
