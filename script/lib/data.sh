# shellcheck shell=bash
# What a data folder needs before a server starts on it: its database's tables, and an image to try things with.

DEMO_BUILDER="$ROOT/vms/images/demo"

# Where the data lies is for the program's configuration to say, which takes a moment to read; so the mark of a
# folder is named for what decides it, and holds what it was prepared with and where it is.
data_mark() {
  local key
  key="$({
    printf '%s\n' "$HOME" "${XDG_DATA_HOME:-}" "${VMM_IMAGE__PATH:-}" "${DATABASE_URL:-}" "${VMM_DATABASE_URL:-}"
    [[ -z ${VMM_DATA:-} ]] || realpath -m -- "$VMM_DATA"
    [[ ! -r ${VMM_CONFIG:-} ]] || cat -- "$VMM_CONFIG"
  } | hash_of_input)"
  printf '%s/data-%s.mark' "$STATE" "${key:0:16}"
}

# Changes whenever the tables or the demo image may have to.
data_version() {
  { cat -- "$ROOT/requirements.txt" && digest "$ROOT/vms/migrations" "$DEMO_BUILDER"; } | hash_of_input
}

# is_prepared MARK: if the folder of images is there but the demo image is not, somebody removed it,
# and it stays away; if the folder or the database is gone, all begins anew.
is_prepared() {
  local version database images
  [[ -f $1 ]] || return 1
  { read -r version && read -r database && read -r images; } <"$1" || return 1
  [[ -e $database && -d $images && $version == "$(data_version)" ]]
}

manage() {
  "$VENV/bin/python" "$ROOT/manage.py" "$@"
}

data_paths() {
  manage shell --no-imports --command \
    'from django.conf import settings as s; print(s.DATABASES["default"]["NAME"], s.VMM.image.path, sep="\n")'
}

set_up_data() {
  local mark paths
  mark="$(data_mark)"
  is_prepared "$mark" && return 0
  step "Database" "tables are new or changed" migrate manage migrate --no-input ||
    fail "The database could not be prepared."
  need_package_lists
  # A server without a demo image is still a server, so this is told and not fatal.
  if ! step "Demo image" "a small guest made of Debian packages, to have something to start" demo-image \
    manage demo_image; then
    echo "  The server starts without it; images can be pulled from a registry in the console."
    return 0
  fi
  forget_vanished_folders
  paths="$(data_paths)"
  stamp "$mark" "$(data_version)"$'\n'"$paths"
}

# The builder downloads packages as any user but cannot fetch the lists of them, which new machines lack.
need_package_lists() {
  command -v apt-cache >/dev/null && ! apt-cache show linux-image-amd64 >/dev/null 2>&1 || return 0
  find_root || return 0
  step "Package lists" "the demo image is made of Debian packages" apt \
    "${AS_ROOT[@]}" apt-get -o DPkg::Lock::Timeout=300 update || true
}

# Test runs come with folders of their own, and take them away again.
forget_vanished_folders() {
  local file images
  for file in "$STATE"/data-*.mark; do
    images="$(tail -n 1 "$file" 2>/dev/null)" || continue
    [[ -d $images ]] || rm -f -- "$file"
  done
}
