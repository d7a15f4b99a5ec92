# shellcheck shell=bash
# All set-up, in order. Each step looks first whether it is needed; none is asked for by name.

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." >/dev/null && pwd -P)"
STATE="$ROOT/.bootstrap"
VENV="$ROOT/.venv"
PIP_UNFINISHED="$STATE/pip.unfinished"

# shellcheck source=script/lib/report.sh
. "$ROOT/script/lib/report.sh"
# shellcheck source=script/lib/stamps.sh
. "$ROOT/script/lib/stamps.sh"
# shellcheck source=script/lib/system.sh
. "$ROOT/script/lib/system.sh"
# shellcheck source=script/lib/python.sh
. "$ROOT/script/lib/python.sh"
# shellcheck source=script/lib/console.sh
. "$ROOT/script/lib/console.sh"

SERVER_PROGRAMS=(qemu-system-x86_64 qemu-img swtpm python-venv)
TEST_PROGRAMS=(git curl jq chromium fonts shellcheck docker-registry postgresql redis-server
  fsck.vfat mcopy ip as nginx caddy systemd-analyze)

# One set-up at a time; a second one waits, and then finds the work done.
with_setup_lock() {
  mkdir -p -- "$STATE" || fail "$ROOT must be writable: the set-up's marks and logs go to $STATE."
  (
    if ! flock --nonblock 9; then
      echo "  Another set-up is at work in this folder; waiting for it …"
      flock 9
    fi
    "$@"
  ) 9>"$STATE/lock"
}

set_up_server() {
  find_python
  need_programs "to run virtual machines" "${SERVER_PROGRAMS[@]}"
  need_venv
  is_installed requirements-dev.txt || need_python_packages requirements.txt "what the server runs on"
  need_console
  need_static_files
}

set_up_tests() {
  find_python
  need_programs "to run and test virtual machines" "${SERVER_PROGRAMS[@]}" "${TEST_PROGRAMS[@]}"
  need_package_lists
  need_venv
  need_python_packages requirements-dev.txt "what the server and its tests run on"
  need_node_packages
  need_console
  need_static_files
}
