# shellcheck shell=bash
# The images with a JVM: a base layer with a linked runtime and this machine's C library, shared by all of them, and a layer with
# the program, its libraries and its class data archive.

# What the programs and their libraries use of the JDK; java.desktop and java.sql are named by Jackson but never reached.
runtime_modules=java.base,java.logging,java.management,java.naming,java.net.http,jdk.httpserver,jdk.net,jdk.unsupported

# Where things are in the image. The class data archive remembers the class path.
runtime_path=/usr/lib/java
program_path=/app

main_class() {
  case $1 in
    operator) echo dev.lockclaim.operator.OperatorMain ;;
    sidecar) echo dev.lockclaim.sidecar.Lockclaim ;;
  esac
}

java_inputs() { # NAME
  local module
  local -a sources=("$root_dir/pom.xml")
  for module in crds lock "$1"; do
    sources+=("$root_dir/$module/pom.xml" "$root_dir/$module/src/main")
  done
  [[ $1 != sidecar ]] || sources+=("$root_dir/gate/src" "$root_dir/gate/Makefile")
  hash_of "${sources[@]}"
  runtime_key
}

# runtime_key: a hash over what the runtime is linked from.
runtime_key() {
  local jdk
  jdk=$("$root_dir/scripts/find-jdk")
  { echo "$runtime_modules"; cat "$jdk/release" "$images_dir/lib/java.sh"; ldd "$jdk/bin/java" | awk '/libc\.so/ { print $3 }' | xargs sha256sum; } |
    sha256sum | cut -c1-16
}

# stage_runtime: prints the folder of the base layer, made if need be.
stage_runtime() {
  local jdk stage key
  key=$(runtime_key)
  stage=$work_dir/runtime-$key
  if [[ ! -d $stage ]]; then
    jdk=$("$root_dir/scripts/find-jdk")
    say "linking a Java runtime from $jdk"
    rm -rf "$work_dir"/runtime-*
    mkdir -p "$stage.new/usr/lib"
    # Uncompressed: the layer is gzipped as a whole, which is smaller, and classes are mapped without unpacking.
    "$jdk/bin/jlink" --add-modules "$runtime_modules" --strip-debug --no-header-files --no-man-pages --compress=zip-0 \
      --output "$stage.new$runtime_path"
    mapfile -t binaries < <(find "$stage.new" \( -name '*.so' -o -path '*/bin/*' \) -type f)
    with_libraries "$stage.new" "${binaries[@]}"
    stage_accounts "$stage.new"
    # gRPC and the JDK log by java.util.logging; what they call INFO is of no use to who runs this.
    sed -i 's/^\.level *=.*/.level = WARNING/' "$stage.new$runtime_path/conf/logging.properties"
    # Netty warns when it is not there. Nothing is written to it.
    install -d -m 755 "$stage.new/tmp"
    without_clock "$stage.new"
    mv "$stage.new" "$stage"
  fi
  echo "$stage"
}

# compile NAME: builds module NAME; its jar and those it needs are then in NAME/target and NAME/target/dependency.
compile() {
  rm -rf "${root_dir:?}/$1/target/dependency"
  (cd "$root_dir" && ./mvnw -q -B -pl "$1" -am -Dmaven.test.skip=true package dependency:copy-dependencies -DincludeScope=runtime >&2)
}

# stage_program NAME: prints the folder of the program's layer, without its class data archive.
stage_program() {
  local name=$1 stage=$work_dir/$1 jar
  compile "$name"
  rm -rf "$stage"
  install -d "$stage$program_path/lib"
  install -m 644 "$root_dir/$name/target/lockclaim-$name-$(product_version).jar" "$root_dir/$name/target/dependency/"*.jar "$stage$program_path/lib/"
  if [[ $name == sidecar ]]; then
    make -C "$root_dir/gate" >&2
    install -m 755 "$root_dir/gate/build/gate" "$stage$program_path/gate"
  fi
  {
    grep -v '^#' "$images_dir/flags/$name"
    [[ $name != sidecar ]] || grep -v '^#' "$images_dir/flags/compiled-early"
    echo "-XX:SharedArchiveFile=$program_path/$name.jsa"
    echo -cp
    for jar in "$stage$program_path/lib/"*.jar; do
      printf '%s:' "${jar#"$stage"}"
    done | sed 's/:$/\n/'
    main_class "$name"
  } >"$stage$program_path/java.args"
  without_clock "$stage"
  echo "$stage"
}

build_java() { # NAME TAR CMD_JSON
  local base program
  base=$(stage_runtime)
  program=$(stage_program "$1")
  archive "$1" "$base" "$program"
  without_clock "$program"
  write_image "$2" "$(image_reference "$1")" \
    "$(image_config "[\"$runtime_path/bin/java\", \"@$program_path/java.args\"]" "$3" '["MALLOC_ARENA_MAX=1"]')" "$base" "$program"
}

build_operator() { build_java operator "$1" null; }
build_sidecar() { build_java sidecar "$1" '["sidecar"]'; }
