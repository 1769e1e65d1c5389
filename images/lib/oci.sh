# shellcheck shell=bash
# Writes an image as one tar that is an OCI layout and a docker archive at once, so that containerd, docker, podman, kind and
# crane all take it. Nothing in it depends on the clock, the user or the order of a folder: the same files give the same digest.

# blob LAYOUT FILE: moves FILE into the layout's blobs; prints its digest in hex.
blob() {
  local digest
  digest=$(sha256sum "$2" | cut -d' ' -f1)
  mv "$2" "$1/blobs/sha256/$digest"
  echo "$digest"
}

# fixed_tar DIR: a tar of DIR on stdout that depends on names, modes and contents only. All files belong to root: a process of the
# image can change none of them.
fixed_tar() {
  # Names without a leading "./": some tools look for exactly "manifest.json".
  (cd "$1" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z) |
    tar --create --directory="$1" --format=gnu --no-recursion --null --files-from=- --mtime="@$epoch" --owner=0 --group=0 \
      --numeric-owner --mode=u+rwX,go+rX,go-w --no-acls --no-xattrs --no-selinux
}

# layer DIR: packs DIR once, into $work_dir/layers; prints "HEX-OF-GZIP HEX-OF-TAR". Two images with the same DIR share the layer, on
# the node's disk and in its page cache.
layer() {
  local key known temporary
  mkdir -p "$work_dir/layers"
  key=$(cd "$1" && { find . -printf '%p %m %y %l\n' | LC_ALL=C sort; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum; } | sha256sum | cut -c1-32)
  known=$work_dir/layers/$key
  if [[ ! -f $known ]]; then
    temporary=$(mktemp -d "$work_dir/layers/.new.XXXXXX")
    # -n: neither name nor time in the gzip header.
    fixed_tar "$1" | tee >(sha256sum | cut -d' ' -f1 >"$temporary/diff") | gzip -n -6 >"$temporary/gzip"
    until [[ -s $temporary/diff ]]; do sleep 0.01; done # the hash is written by a process of its own
    mv "$temporary/gzip" "$known.tar.gz"
    echo "$(sha256sum "$known.tar.gz" | cut -d' ' -f1) $(<"$temporary/diff")" >"$known.new"
    mv "$known.new" "$known"
    rm -r "$temporary"
  fi
  echo "$known"
}

# write_image TAR REFERENCE CONFIG_JSON DIR...: writes the image of REFERENCE with one layer for each DIR. CONFIG_JSON is the
# "config" object of an OCI image (User, Env, Entrypoint…).
write_image() {
  local tar=$1 reference=$2 config=$3 directory known compressed plain layout digest manifest
  local -a layers=() diffs=()
  shift 3
  layout=$(mktemp -d "$work_dir/.layout.XXXXXX")
  mkdir -p "$layout/blobs/sha256"
  for directory; do
    known=$(layer "$directory")
    read -r compressed plain <"$known"
    ln -f "$known.tar.gz" "$layout/blobs/sha256/$compressed"
    layers+=("$compressed:$(stat -c %s "$known.tar.gz")")
    diffs+=("sha256:$plain")
  done

  jq -cnS --arg arch "$(oci_architecture)" --arg created "$(date -u -d "@$epoch" +%FT%TZ)" --argjson config "$config" \
    '{architecture: $arch, os: "linux", created: $created, config: $config,
      rootfs: {type: "layers", diff_ids: $ARGS.positional},
      history: [$ARGS.positional[] | {created: $created, created_by: "images/build"}]}' \
    --args "${diffs[@]}" >"$layout/new"
  local config_size
  config_size=$(stat -c %s "$layout/new")
  digest=$(blob "$layout" "$layout/new")

  jq -cnS --arg digest "sha256:$digest" --argjson size "$config_size" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $digest, size: $size},
      layers: [$ARGS.positional[] | split(":") |
        {mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: ("sha256:" + .[0]), size: (.[1] | tonumber)}]}' \
    --args "${layers[@]}" >"$layout/new"
  local manifest_size
  manifest_size=$(stat -c %s "$layout/new")
  manifest=$(blob "$layout" "$layout/new")

  # containerd names the image by its own annotation, others by the specification's, docker by manifest.json.
  jq -cnS --arg digest "sha256:$manifest" --argjson size "$manifest_size" --arg arch "$(oci_architecture)" --arg name "$reference" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $digest, size: $size,
        platform: {architecture: $arch, os: "linux"},
        annotations: {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": ($name | split(":")[-1])}}]}' >"$layout/index.json"
  jq -cnS --arg config "blobs/sha256/$digest" --arg name "$reference" \
    '[{Config: $config, RepoTags: [$name], Layers: [$ARGS.positional[] | "blobs/sha256/" + split(":")[0]]}]' \
    --args "${layers[@]}" >"$layout/manifest.json"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"

  fixed_tar "$layout" >"$tar.new"
  mv "$tar.new" "$tar"
  rm -r "$layout"
  say "$(basename "$tar"): $reference, $(numfmt --to=si --suffix=B "$(stat -c %s "$tar")"), sha256:$manifest"
}
