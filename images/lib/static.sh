# shellcheck shell=bash
# The images without a JVM: static programs and nothing else.

# stage_accounts ROOT: the users that programs look up by number.
stage_accounts() {
  mkdir -p "$1/etc"
  printf 'root:x:0:0:root:/:/sbin/nologin\nlockclaim:x:65532:65532:lockclaim:/:/sbin/nologin\n' >"$1/etc/passwd"
  printf 'root:x:0:\nlockclaim:x:65532:\n' >"$1/etc/group"
  printf 'hosts: files dns\n' >"$1/etc/nsswitch.conf"
}

# image_config ENTRYPOINT_JSON CMD_JSON [ENV_JSON]: the "config" object of an image that runs as 65532.
image_config() {
  jq -cn --argjson entrypoint "$1" --argjson cmd "$2" --argjson env "${3:-[]}" --arg version "$(product_version)" \
    '{User: "65532:65532", WorkingDir: "/", Entrypoint: $entrypoint, Cmd: $cmd,
      Env: (["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"] + $env),
      Labels: {"org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.title": "Lockclaim",
               "org.opencontainers.image.version": $version}} | with_entries(select(.value != null))'
}

build_etcd() { # TAR
  local stage=$work_dir/etcd
  "$root_dir/testbed/tools" etcd etcdctl
  rm -rf "$stage"
  install -D -m 755 "$bin_dir/etcd" "$stage/usr/local/bin/etcd"
  install -D -m 755 "$bin_dir/etcdctl" "$stage/usr/local/bin/etcdctl"
  stage_accounts "$stage"
  write_image "$1" "$(image_reference etcd)" "$(image_config '["etcd"]' null)" "$stage"
}

# The ordinary image of examples and tests: a shell and the usual tools, no part of Lockclaim.
build_example() { # TAR
  local stage=$work_dir/example busybox applet
  busybox=$(busybox_static)
  rm -rf "$stage"
  install -D -m 755 "$busybox" "$stage/bin/busybox"
  while IFS= read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$stage/bin/$applet"
  done < <("$busybox" --list)
  stage_accounts "$stage"
  install -d -m 755 "$stage/tmp"
  write_image "$1" "$(image_reference example)" "$(image_config null '["sh"]')" "$stage"
}

# busybox_static: the path of a statically linked busybox.
busybox_static() {
  local busybox
  for busybox in /bin/busybox /usr/bin/busybox /bin/busybox.static /usr/bin/busybox-static; do
    if [[ -x $busybox ]] && ! ldd "$busybox" >/dev/null 2>&1; then
      echo "$busybox"
      return
    fi
  done
  die "no statically linked busybox is installed, which the example image is made of: apt-get install busybox-static (Fedora: dnf install busybox)"
}
