# shellcheck shell=bash
# Builds tools into the store and links them into bin/. Nothing half-built is ever visible: each is built
# under a temporary name and renamed.

go_minimum=1.26

# tool_key NAME: NAME-HASH, the hash over everything the tool is built from. Needs recipe NAME to have been called.
tool_key() {
  local hash
  if [[ -n $recipe_module ]]; then
    hash=$({
      printf '%s\n' "$recipe_package" "$recipe_tags" "$recipe_stamps"
      cat "$testbed_dir/modules/$recipe_module"/go.{mod,sum}
    } | sha256sum)
  else
    hash=$(sha256sum <"$testbed_dir/$1/$1.c")
  fi
  printf '%s-%s\n' "$1" "${hash:0:16}"
}

# find_go: sets go to the Go command to build with.
find_go() {
  local version
  go=$(command -v go || true)
  [[ -n $go ]] || go=/usr/local/go/bin/go
  [[ -x $go ]] || die "Go is not installed: install Go $go_minimum or later (https://go.dev/dl) and put it into PATH"
  version=$("$go" env GOVERSION)
  version=${version#go}
  if ! printf '%s\n' "$go_minimum" "${version%%[!0-9.]*}" | sort --check=quiet --version-sort; then
    die "$go is Go $version, too old: install Go $go_minimum or later (https://go.dev/dl) and put it into PATH"
  fi
}

# with_progress WHAT LOG COMMAND...: runs COMMAND with its output in LOG, and says every few seconds how far it is.
with_progress() {
  local what=$1 log=$2 started=$SECONDS pid status=0 ticks=0
  shift 2
  "$@" >"$log" 2>&1 &
  pid=$!
  # A build that is left behind by an interrupted caller would go on eating the machine.
  # shellcheck disable=SC2064
  trap "kill $pid 2>/dev/null; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    if ((++ticks % 20 == 0)); then
      say "$what: $((SECONDS - started)) s, $(wc -l <"$log") packages done"
    fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if ((status != 0)); then
    say "$what failed after $((SECONDS - started)) s; the end of its output:"
    tail -n 20 "$log" >&2
    return "$status"
  fi
  say "$what: done in $((SECONDS - started)) s"
}

build_go() { # OUTPUT
  cd "$testbed_dir/modules/$recipe_module" &&
    CGO_ENABLED=0 GOOS=linux GOWORK=off exec "$go" build -v -mod=readonly -buildvcs=false -trimpath \
      -tags "$recipe_tags" -ldflags "-s -w $recipe_stamps" -o "$1" "$recipe_package"
}

build_c() { # NAME OUTPUT
  local cc
  cc=$(command -v musl-gcc || command -v gcc) ||
    die "no C compiler: install musl-tools (apt-get install musl-tools) or gcc"
  "$cc" -static -Os -s -Wall -Wextra -Werror -o "$2" "$testbed_dir/$1/$1.c"
}

# ensure_tool NAME PLACE: makes sure that bin/NAME is what this tree pins. PLACE, like "3 of 17", is for the messages.
ensure_tool() {
  local name=$1 place=$2 key link
  recipe "$name" || die "no recipe for $name"
  key=$(tool_key "$name")
  link=.store/$key
  [[ -x $store_dir/$key && $(readlink "$bin_dir/$name" 2>/dev/null) == "$link" ]] && return
  mkdir -p "$store_dir"
  (
    take_lock "$store_dir/.lock-$name" "building $name"
    # Left by a builder that was killed; the lock says that none is alive.
    rm -rf "$store_dir/.new-$name".*
    if [[ ! -x $store_dir/$key ]]; then
      new=$store_dir/.new-$name.$$
      mkdir "$new"
      if [[ -n $recipe_module ]]; then
        find_go
        with_progress "building $name ($place)" "$new/log" build_go "$new/$name" {lock_fd}>&-
      else
        with_progress "building $name ($place)" "$new/log" build_c "$name" "$new/$name" {lock_fd}>&-
      fi
      mv -T "$new/$name" "$store_dir/$key"
      rm -rf "$new"
    fi
    ln -sfn "$link" "$bin_dir/.new-$name.$$"
    mv -T "$bin_dir/.new-$name.$$" "$bin_dir/$name"
  )
}

# ensure_tools NAME...: ensure_tool for each, in turn.
ensure_tools() {
  local name number=0
  for name in "$@"; do
    ensure_tool "$name" "$((++number)) of $#"
  done
}
