# shellcheck shell=bash
# Paths, names and small helpers that every script of images/ uses.

# A failure inside $( … ) is a failure.
shopt -s inherit_errexit

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
images_dir=$root_dir/images
out_dir=$root_dir/target/images
work_dir=$out_dir/.work
cache_dir=${LOCKCLAIM_CACHE:-${HOME:?HOME is not set: set it, or LOCKCLAIM_CACHE, to a folder for built things}/.cache/lockclaim}
bin_dir=$cache_dir/bin

# The time of every file in every image, so that the same inputs give the same digest. A class data archive also
# remembers the times of the jars it was made from: they must be these, then and in the image.
epoch=1767225600 # 2026-01-01T00:00:00Z, as project.build.outputTimestamp

registry_of_built=localhost/lockclaim
image_names=(operator sidecar etcd example)

say() { printf 'images: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}
wrong_use() {
  say "$*"
  exit 2
}

# product_version: the version of the project, from the root POM.
product_version() { sed -n 's#^  <version>\(.*\)</version>#\1#p' "$root_dir/pom.xml"; }

# etcd_version: what testbed/tools builds etcd from.
etcd_version() { awk '$1 == "go.etcd.io/etcd/server/v3" { print substr($2, 2) }' "$root_dir/testbed/modules/etcd/go.mod"; }

# image_reference NAME: the name that the image NAME is loaded under.
image_reference() {
  case $1 in
    etcd) echo "$registry_of_built/etcd:$(etcd_version)" ;;
    *) echo "$registry_of_built/$1:$(product_version)" ;;
  esac
}

# oci_architecture: this machine's architecture by the name that image manifests use.
oci_architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) die "images are not built on $(uname -m) yet: only on x86_64 and aarch64" ;;
  esac
}

# hash_of PATH...: one hash over the contents, names and executable bits of the files at and below PATH.
hash_of() {
  {
    find "$@" -type f \( -executable -printf 'x %p\n' -o -printf '- %p\n' \) | sort
    find "$@" -type f -print0 | sort -z | xargs -0 -r sha256sum
    find "$@" -type l -printf '%p %l\n' | sort
  } | sed "s#$root_dir/##" | sha256sum | cut -c1-16
}

# with_libraries ROOT FILE...: copies the shared libraries that FILEs need, and the loader, into ROOT under the paths where this
# machine's loader finds them; any distribution and architecture therefore fits its own loader.
with_libraries() {
  local target=$1 library
  shift
  # The vdso has no file; libraries beside the files themselves are there already.
  { ldd "$@" 2>/dev/null || true; } | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' | sort -u |
    while IFS= read -r library; do
      [[ $library == "$target"/* ]] || install -D -m 755 "$(readlink -f "$library")" "$target$library"
    done
}

# without_clock DIR: gives everything below DIR the fixed time.
without_clock() { find "$1" -exec touch --no-dereference --date="@$epoch" {} +; }
