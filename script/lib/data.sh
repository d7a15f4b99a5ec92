# shellcheck shell=bash
# What the data folder needs before the server's first start there: an image to try things with.

DEMO_BUILDER="$ROOT/vms/images/demo"

# Where data and images lie is for the program's configuration to say, so the mark is named for what decides it.
demo_stamp() {
  local key
  key="$({
    printf '%s\n' "$HOME" "${XDG_DATA_HOME:-}" "${VMM_IMAGE__PATH:-}"
    [[ -z ${VMM_DATA:-} ]] || realpath -m -- "$VMM_DATA"
    [[ ! -r ${VMM_CONFIG:-} ]] || cat -- "$VMM_CONFIG"
  } | hash_of_input)"
  printf '%s/demo-image-%s.stamp' "$STATE" "${key:0:16}"
}

# The stamp holds what the image was built from and its path. If the folder of images is still there
# but the demo image is not, somebody removed it, and it stays away.
is_demo_image_settled() {
  local sources path
  [[ -f $1 ]] || return 1
  { read -r sources && read -r path; } <"$1" || return 1
  [[ -d "$(dirname -- "$path")" && $sources == "$(digest "$DEMO_BUILDER")" ]]
}

# A server without a demo image is still a server, so a failure here is told and not fatal.
need_demo_image() {
  local stamp_file path
  [[ -d $DEMO_BUILDER ]] || return 0
  stamp_file="$(demo_stamp)"
  is_demo_image_settled "$stamp_file" && return 0
  need_package_lists
  if ! step "Demo image" "a small guest made of Debian packages, to have something to start" demo-image \
    "$VENV/bin/python" "$ROOT/manage.py" demo_image; then
    echo "  The server starts without it; images can be pulled from a registry in the console."
    return 0
  fi
  path="$(tail -n 1 "$STATE/demo-image.log")"
  forget_vanished_folders
  if [[ -d $path ]]; then
    stamp "$stamp_file" "$(digest "$DEMO_BUILDER")"$'\n'"$path"
  fi
}

# Test runs come with folders of their own, and take them away again.
forget_vanished_folders() {
  local file path
  for file in "$STATE"/demo-image-*.stamp; do
    path="$(tail -n 1 "$file" 2>/dev/null)" || continue
    [[ -d "$(dirname -- "$path")" ]] || rm -f -- "$file"
  done
}

# The builder downloads packages as any user but cannot fetch the lists of them, which new machines lack.
need_package_lists() {
  command -v apt-cache >/dev/null && ! apt-cache show linux-image-amd64 >/dev/null 2>&1 || return 0
  find_root || return 0
  step "Package lists" "the demo image is made of Debian packages" apt \
    "${AS_ROOT[@]}" apt-get -o DPkg::Lock::Timeout=300 update || true
}

set_up_data() {
  need_demo_image
}
