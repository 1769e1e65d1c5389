# shellcheck shell=bash
# Images are OCI layouts in a tar, made without any engine, and loaded into containerd without any registry.

pause_image=localhost/lockclaim-testbed/pause:1
coredns_image=localhost/lockclaim-testbed/coredns:$(module_version coredns github.com/coredns/coredns)
image_dir=$cache_dir/testbed-images

image_architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# store_blob DIR FILE: moves FILE to its place among the blobs of the layout DIR; prints "DIGEST SIZE".
store_blob() {
  local digest size
  digest=$(sha256sum <"$2")
  digest=${digest%% *}
  size=$(stat -c %s "$2")
  mv "$2" "$1/blobs/sha256/$digest"
  echo "sha256:$digest $size"
}

# make_image BINARY IMAGE TAR: a tar with an image that holds just the static BINARY, in its root, unless it is there.
make_image() {
  local tool image=$2 tar=$3 work layer config manifest size config_size
  tool=$(basename "$1")
  if [[ ! -e $tar ]]; then
    work=$tar.new
    rm -rf "$work"
    mkdir -p "$work/root" "$work/layout/blobs/sha256"
    cp -L "$1" "$work/root/$tool"
    tar --create --file "$work/file" --directory "$work/root" \
      --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner "$tool"
    read -r layer size < <(store_blob "$work/layout" "$work/file")
    jq -n --arg tool "/$tool" --arg architecture "$(image_architecture)" --arg layer "$layer" '{
      architecture: $architecture, os: "linux", config: {Entrypoint: [$tool], User: "65532"},
      rootfs: {type: "layers", diff_ids: [$layer]}}' >"$work/file"
    read -r config config_size < <(store_blob "$work/layout" "$work/file")
    jq -n --arg layer "$layer" --argjson size "$size" --arg config "$config" --argjson config_size "$config_size" '{
      schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $config_size},
      layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $size}]}' >"$work/file"
    read -r manifest size < <(store_blob "$work/layout" "$work/file")
    jq -n --arg manifest "$manifest" --argjson size "$size" --arg image "$image" '{
      schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $manifest, size: $size,
        annotations: {"io.containerd.image.name": $image}}]}' >"$work/layout/index.json"
    echo '{"imageLayoutVersion":"1.0.0"}' >"$work/layout/oci-layout"
    tar --create --file "$work/tar" --directory "$work/layout" .
    mv -T "$work/tar" "$tar"
    rm -rf "$work"
  fi
}

# tool_image TOOL IMAGE: the path of the image's tar, which is made once for each build of the tool.
tool_image() {
  local tar
  tar=$image_dir/$(basename "$(readlink "$bin_dir/$1")").tar
  make_image "$bin_dir/$1" "$2" "$tar"
  echo "$tar"
}

# image_names TAR: the names of the images in an OCI layout. Returns 1 if it has none.
image_names() {
  tar --extract --to-stdout --file "$1" --wildcards --no-anchored index.json 2>/dev/null |
    jq -er '.manifests[].annotations["io.containerd.image.name"] // empty'
}

# load_image NODE TAR
load_image() {
  local output
  # Through standard input, since the node may not see the path.
  output=$(in_node "$1" "$bin_dir/ctr" -n k8s.io images import - <"$2" 2>&1) || die "$1 could not load $2: $output"
}

# load_node_images NODE: those that the node itself needs; once.
load_node_images() {
  local loaded
  loaded=$(node_dir "$1")/images-loaded
  [[ ! -e $loaded ]] || return 0
  load_image "$1" "$(tool_image pause "$pause_image")"
  load_image "$1" "$(tool_image coredns "$coredns_image")"
  touch "$loaded"
}
