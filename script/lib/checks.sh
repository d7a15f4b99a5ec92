# shellcheck shell=bash
# Checks by name. Each runs whatever became of those before it; the summary tells which failed.

PASSED=()
FAILED=()

# The operator's own settings and data are no business of a check: none are read, none are made.
forget_the_operator() {
  local name
  for name in "${!VMM_@}" DATABASE_URL REDIS_URL; do
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

# Known holes in pinned packages. Not every registry, and no machine without a network, can tell of any.
advisory_checks() {
  check "Python advisories" python_advisories
  [[ ! -f $FRONTEND/package.json ]] || check "Console advisories" console_advisories
}

python_advisories() {
  local report
  report="$("$VENV/bin/pip-audit" --no-deps --disable-pip --progress-spinner off --timeout 15 --format json \
    --requirement requirements.txt 2>/dev/null)" || true
  if ! jq --exit-status 'any(.dependencies[]; .vulns)' <<<"$report" >/dev/null 2>&1; then
    echo "   not checked: the package index tells of no advisories here"
    return 0
  fi
  jq --raw-output '.dependencies[] | .name as $name | .vulns[]? | "   \($name): \(.id), mended in \(.fix_versions | join(", "))"' <<<"$report"
  jq --exit-status 'all(.dependencies[]; (.vulns // []) == [])' <<<"$report" >/dev/null
}

# Of what is served to browsers; tools that only build it are not reachable for anybody.
console_advisories() {
  local report
  report="$(in_frontend npm audit --omit=dev --json 2>/dev/null)" || true
  if ! jq --exit-status '.metadata.vulnerabilities' <<<"$report" >/dev/null 2>&1; then
    echo "   not checked: the registry tells of no advisories here"
    return 0
  fi
  jq --raw-output '.vulnerabilities[] | "   \(.name): \(.severity), \(.range)"' <<<"$report"
  jq --exit-status '.metadata.vulnerabilities.total == 0' <<<"$report" >/dev/null
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
