# shellcheck shell=bash
# What a person at the terminal sees: one line a step, and on failure the end of that step's log.

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# Milliseconds since the epoch; locales differ in the point.
now_ms() {
  local stamp="${EPOCHREALTIME/[.,]/}"
  printf '%s' "$((stamp / 1000))"
}

# seconds_since BEGAN_MS → "3.1"
seconds_since() {
  local tenths=$((($(now_ms) - $1) / 100))
  printf '%d.%d' "$((tenths / 10))" "$((tenths % 10))"
}

# step WHAT WHY LOG COMMAND…: run it with its output in .bootstrap/LOG.log; returns its status.
# Bash ignores `set -e` inside, so what COMMAND names chains its lines with &&.
step() {
  local what="$1" why="$2" log="$STATE/$3.log" began status=0
  shift 3
  began="$(now_ms)"
  printf '  %-20s%s … ' "$what" "$why"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [[ $status -eq 0 ]]; then
    printf '%s s\n' "$(seconds_since "$began")"
    return 0
  fi
  printf 'failed after %s s\n' "$(seconds_since "$began")"
  tail -n 25 "$log" | sed 's/^/    | /' >&2
  printf '    (all of it: %s)\n' "$log" >&2
  return "$status"
}
