# shellcheck shell=bash
# Checks by name. Each runs whatever became of those before it; the summary tells which failed.

PASSED=()
FAILED=()

# The operator's own settings and data are no business of a check: none are read, none are made.
forget_the_operator() {
  local name
  for name in "${!VMM_@}" DATABASE_URL; do
    unset "$name"
  done
  export VMM_DATA="$STATE/data"
}

# check NAME COMMAND…
check() {
  local name="$1" shown began status=0
  shift
  began="$(now_ms)"
  shown="${*//"$ROOT/"/}"
  printf '\n── %s: %s\n' "$name" "${shown/#in_frontend /cd frontend; }"
  "$@" </dev/null || status=$?
  if [[ $status -eq 0 ]]; then
    PASSED+=("$name")
    printf '   passed in %s s\n' "$(seconds_since "$began")"
  else
    FAILED+=("$name")
    printf '   FAILED (status %s) after %s s\n' "$status" "$(seconds_since "$began")"
  fi
}

static_checks() {
  check "Format" "$VENV/bin/ruff" format --check .
  check "Lint" "$VENV/bin/ruff" check --quiet .
  check "Types" "$VENV/bin/mypy"
  check "Boundaries" "$VENV/bin/lint-imports" --no-logo
  check "Migrations" "$VENV/bin/python" manage.py makemigrations --check --dry-run
  check "Shell scripts" shell_scripts
}

shell_scripts() {
  local -a files
  mapfile -t files < <(grep -rlE '^(#!/usr/bin/env bash|# shellcheck shell=bash)$' script .ci)
  shellcheck --external-sources "${files[@]}"
}

frontend_checks() {
  [[ -f $FRONTEND/package.json ]] || return 0
  check "Console lint" in_frontend npm run --silent lint
  check "Console format" in_frontend npm run --silent format:check
  check "API types fresh" in_frontend npm run --silent check:api
  check "Console types" in_frontend npm run --silent typecheck
  check "Console tests" in_frontend npm run --silent test
  check "Console size" in_frontend npm run --silent check:budget
}

# Ends the script: status 1 if any check failed.
summary() {
  local name
  printf '\n'
  for name in "${FAILED[@]}"; do
    printf 'FAILED: %s\n' "$name"
  done
  printf 'checks: %d passed, %d failed\n' "${#PASSED[@]}" "${#FAILED[@]}"
  exit $((${#FAILED[@]} > 0))
}
