# shellcheck shell=bash
# What a data folder needs before a server starts on it: its database's tables, and an image to try things with.
#
# Where the data lies is for the program's configuration to say, which takes a second to read. So the marks of
# a folder are named for what decides it. A mark holds what was prepared with (a hash) and what must still be there.

DEMO_BUILDER="$ROOT/vms/images/demo"

# data_mark KIND
data_mark() {
  local key
  key="$({
    printf '%s\n' "$HOME" "${XDG_DATA_HOME:-}" "${VMM_IMAGE__PATH:-}" "${DATABASE_URL:-}" "${VMM_DATABASE_URL:-}"
    [[ -z ${VMM_DATA:-} ]] || realpath -m -- "$VMM_DATA"
    [[ ! -r ${VMM_CONFIG:-} ]] || cat -- "$VMM_CONFIG"
  } | hash_of_input)"
  printf '%s/%s-%s.mark' "$STATE" "$1" "${key:0:16}"
}

# is_prepared MARK VERSION
is_prepared() {
  local version path
  [[ -f $1 ]] && { read -r version && read -r path; } <"$1" && [[ $version == "$2" && -e $path ]]
}

manage() {
  "$VENV/bin/python" "$ROOT/manage.py" "$@"
}

# setting EXPRESSION: a path, as the program's configuration has it
setting() {
  manage shell --no-imports --command "from django.conf import settings; print(settings.$1)"
}

set_up_data() {
  need_tables
  need_demo_image
  forget_vanished_folders
}

need_tables() {
  local mark version path
  mark="$(data_mark database)"
  version="$({ cat -- "$ROOT/requirements.txt" && digest "$ROOT/vms/migrations"; } | hash_of_input)"
  is_prepared "$mark" "$version" && return 0
  step "Database" "its tables are new or changed" migrate manage migrate --no-input ||
    fail "The database could not be prepared."
  path="$(setting 'DATABASES["default"]["NAME"]')"
  [[ $path == /* ]] || path=/
  stamp "$mark" "$version"$'\n'"$path"
}

# Where the folder of images is still there but the demo image is not, somebody removed it, and it stays away.
# A server without one is still a server, so a failure is told, and tried again at the next start.
need_demo_image() {
  local mark version path
  mark="$(data_mark image)"
  version="$(digest "$DEMO_BUILDER")"
  is_prepared "$mark" "$version" && return 0
  if ! can_build_demo_image; then
    echo "  No demo image: it is made of Debian 12's packages (amd64). Images can be pulled in the console."
    stamp "$mark" "$version"$'\n'/
    return 0
  fi
  need_package_lists
  if ! step "Demo image" "a small guest made of Debian packages, to have something to start" demo-image \
    manage demo_image; then
    echo "  The server starts without it; images can be pulled in the console."
    return 0
  fi
  path="$(setting VMM.image.path)"
  stamp "$mark" "$version"$'\n'"$path"
}

# Test runs come with folders of their own, and take them away again.
forget_vanished_folders() {
  local file path
  for file in "$STATE"/{database,image}-*.mark; do
    path="$(tail -n 1 "$file" 2>/dev/null)" || continue
    [[ -e $path ]] || rm -f -- "$file"
  done
}
