# shellcheck shell=bash
# Results of a measurement: bench/results/NAME.json, and a Markdown table made from it.

# percentile P: of the numbers on stdin, one a line: the least one that P percent of them do not exceed.
percentile() { sort -n | awk -v p="$1" '{ value[NR] = $1 } END { if (NR) { i = int((NR * p + 99) / 100); print value[i < 1 ? 1 : i] } }'; }

# measures FILE SUBJECT MEASURE UNIT [PERCENTILE...]: prints measures as JSON, one for each percentile of the numbers in FILE (50, 99
# and 100 unless told otherwise; 100 is the largest).
measures() {
  local file=$1 subject=$2 measure=$3 unit=$4 p name
  shift 4
  (($# > 0)) || set -- 50 99 100
  for p; do
    name=p$p
    ((p < 100)) || name=max
    measure "$subject" "$measure, $name" "$(percentile "$p" <"$file")" "$unit" "$(wc -l <"$file")"
  done
}

# measure SUBJECT MEASURE VALUE UNIT SAMPLES: prints one measure as JSON.
measure() {
  jq -cn --arg subject "$1" --arg measure "$2" --argjson value "$3" --arg unit "$4" --argjson samples "$5" \
    '{$subject, $measure, $value, $unit, $samples}'
}

# machine: what it was measured on, as JSON.
machine() {
  jq -cn --arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" --argjson cores "$(nproc)" \
    --argjson memoryMiB "$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)" --arg kernel "$(uname -r)" \
    --arg system "$(. /etc/os-release && echo "$PRETTY_NAME")" --argjson loadBefore "$load_before" \
    '{$cpu, $cores, $memoryMiB, $kernel, $system, $loadBefore}'
}

# versions: of what was measured, as JSON.
versions() {
  jq -cn --arg lockclaim "$(sed -n 's/^version: *//p' helm/lockclaim/Chart.yaml)" \
    --arg kubernetes "$(kubectl version --output json | jq -r .serverVersion.gitVersion)" \
    --arg etcd "$(sed -n 's/^  tag: *\(3.*\)/\1/p' helm/lockclaim/values.yaml | head -n 1)" \
    --arg java "$(sed -n 's/^JAVA_RUNTIME_VERSION="\(.*\)"/\1/p' "$(scripts/find-jdk)/release")" \
    '{$lockclaim, $kubernetes, $etcd, $java}'
}

# commit: what the tree is at; with a plus when it has changes that are not committed, results aside.
commit() {
  local changed
  changed=$(git status --porcelain -- . ':!bench/results')
  echo "$(git rev-parse --short HEAD)${changed:++}"
}

# write_results NAME TITLE: makes both files from the measures on stdin.
write_results() {
  local json=bench/results/$1.json
  mkdir -p bench/results
  jq -s --arg when "$(date --utc +%FT%TZ)" --arg commit "$(commit)" --argjson machine "$(machine)" --argjson versions "$(versions)" \
    '{$when, $commit, $machine, $versions, measures: .}' >"$json.new"
  mv "$json.new" "$json"
  jq -r --arg title "$2" --arg command "bench/$1" '
    "# \($title)\n",
    "Written by `\($command)` at \(.when), commit \(.commit), on \(.machine.cores) cores of \(.machine.cpu), \(.machine.memoryMiB) MiB, \(.machine.system), Linux \(.machine.kernel), load \(.machine.loadBefore) before it began;",
    "Kubernetes \(.versions.kubernetes), etcd \(.versions.etcd), Java \(.versions.java).\n",
    "| subject | measure | value | samples |",
    "|---|---|---|---|",
    (.measures[] | "| \(.subject) | \(.measure) | \(.value) \(.unit) | \(.samples) |")' "$json" >"bench/results/$1.md"
  cat "bench/results/$1.md"
}

# wait_quiet: until the machine is quiet, for a minute at most; sets load_before.
load_before=0
wait_quiet() {
  local end=$((SECONDS + 60))
  until read -r load_before _ </proc/loadavg && awk -v load="$load_before" -v cores="$(nproc)" 'BEGIN { exit load > cores / 2 }'; do
    ((SECONDS < end)) || {
      say "the machine is busy (load $load_before): what is measured now is too large"
      return 0
    }
    sleep 2
  done
}
