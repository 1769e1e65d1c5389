# shellcheck shell=bash
# Counts checks and says how they went.

passed=0
failed=0

# check WHAT COMMAND...: passes when COMMAND succeeds. Its output is shown when it fails.
check() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok      %s\n' "$what"
    passed=$((passed + 1))
  else
    printf 'FAILED  %s\n%s\n' "$what" "$output"
    failed=$((failed + 1))
  fi
}

# finish: the closing line and the exit code.
finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0 && passed > 0))
}
