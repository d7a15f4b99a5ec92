# shellcheck shell=bash
# A real server for one test run, a real registry that it pulls images from, and a KMS that it asks for keys: their
# own folder, their own ports, and nothing left of them afterwards.

THROWAWAY_DIR=""
THROWAWAY_REGISTRY_PID=""
THROWAWAY_KMS_PID=""
THROWAWAY_URL=""
THROWAWAY_PID=""

free_port() {
  "$VENV/bin/python" -I -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Sets THROWAWAY_URL once the server answers. It goes away with this script.
start_throwaway_server() {
  local port
  port="$(free_port)"
  THROWAWAY_DIR="$(mktemp -d "${TMPDIR:-/tmp}/vmm-e2e.XXXXXX")"
  share_demo_image
  trap stop_throwaway_server EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  start_throwaway_registry
  start_throwaway_kms
  "$ROOT/script/server" --host 127.0.0.1 --port "$port" --data "$THROWAWAY_DIR/data" \
    >"$THROWAWAY_DIR/server.log" 2>&1 </dev/null &
  THROWAWAY_PID=$!
  THROWAWAY_URL="http://127.0.0.1:$port"
  await_throwaway_server
}

# Has VMM_IMAGE__REGISTRY name a registry that goes away with this script, too.
start_throwaway_registry() {
  local image_registry
  mkfifo -- "$THROWAWAY_DIR/registry.out"
  (cd -- "$ROOT" && exec "$VENV/bin/python" -m tests.images.slow_registry "$THROWAWAY_DIR/registry") \
    >"$THROWAWAY_DIR/registry.out" 2>"$THROWAWAY_DIR/registry.log" &
  THROWAWAY_REGISTRY_PID=$!
  read -r image_registry <"$THROWAWAY_DIR/registry.out" || {
    cat -- "$THROWAWAY_DIR/registry.log" >&2
    fail "The registry did not come up."
  }
  export VMM_IMAGE__REGISTRY="$image_registry"
}

# Has VMM_KMS_URL name a KMS that goes away with this script, too.
start_throwaway_kms() {
  local kms_url
  mkfifo -- "$THROWAWAY_DIR/kms.out"
  (cd -- "$ROOT" && exec "$VENV/bin/python" -m tests.kms.real) >"$THROWAWAY_DIR/kms.out" 2>"$THROWAWAY_DIR/kms.log" &
  THROWAWAY_KMS_PID=$!
  read -r kms_url <"$THROWAWAY_DIR/kms.out" || {
    cat -- "$THROWAWAY_DIR/kms.log" >&2
    fail "The KMS did not come up."
  }
  export VMM_KMS_URL="$kms_url"
}

# The tests before have built the demo image already; one build less is half a minute less on a busy machine.
share_demo_image() {
  [[ -d $STATE/images ]] || return 0
  mkdir -- "$THROWAWAY_DIR/data" && cp -R -- "$STATE/images" "$THROWAWAY_DIR/data/image"
}

await_throwaway_server() {
  local deadline=$((SECONDS + 120))
  until curl --silent --fail --output /dev/null --max-time 2 "$THROWAWAY_URL/healthz"; do
    if ! kill -0 "$THROWAWAY_PID" 2>/dev/null || [[ $SECONDS -ge $deadline ]]; then
      tail -n 40 "$THROWAWAY_DIR/server.log" >&2
      fail "The server did not come up."
    fi
    sleep 0.2
  done
}

# Asked to end, VMs live on by design: what this server started, or one that a test had beside it, is ended here, by
# pidfile, and only where the process is still one of this folder.
stop_throwaway_server() {
  local status=$? pidfile
  trap - EXIT
  kill -TERM "$THROWAWAY_PID" "$THROWAWAY_REGISTRY_PID" "$THROWAWAY_KMS_PID" 2>/dev/null || true
  end_within 20 "$THROWAWAY_REGISTRY_PID" || echo "The registry had to be killed: it did not end within 20 s." >&2
  end_within 20 "$THROWAWAY_KMS_PID" || echo "The KMS had to be killed: it did not end within 20 s." >&2
  end_within 20 "$THROWAWAY_PID" || echo "The server had to be killed: it did not end within 20 s." >&2
  while IFS= read -r -d '' pidfile; do
    end_if_ours "$(<"$pidfile")"
  done < <(find "$THROWAWAY_DIR" -maxdepth 5 -name '*.pid' -print0 2>/dev/null)
  if [[ $status -ne 0 ]]; then
    printf 'The server said:\n' >&2
    tail -n 40 "$THROWAWAY_DIR/server.log" >&2
  fi
  # What ended just now may still write its last line.
  rm -rf -- "$THROWAWAY_DIR" || { sleep 1 && rm -rf -- "$THROWAWAY_DIR"; }
  exit "$status"
}

# end_within SECONDS PID: true if it ended by itself; killed otherwise.
end_within() {
  local deadline=$((SECONDS + $1))
  while kill -0 "$2" 2>/dev/null; do
    if [[ $SECONDS -ge $deadline ]]; then
      kill -KILL "$2" 2>/dev/null || true
      return 1
    fi
    sleep 0.1
  done
}

# A number in a pidfile may be somebody else's by now; a machine of this folder works in it.
end_if_ours() {
  [[ $1 =~ ^[0-9]+$ && "$(readlink "/proc/$1/cwd")" == "$THROWAWAY_DIR"/* ]] || return 0
  kill -TERM "$1" 2>/dev/null || true
  end_within 5 "$1" || true
}
