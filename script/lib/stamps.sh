# shellcheck shell=bash
# What is done already is known by a hash of what it was made from, so that a second start does nothing twice.

# digest FILE_OR_FOLDER…: one hash over names and contents, whatever the order on disk.
digest() {
  find "$@" \( -name node_modules -o -name dist -o -name e2e -o -name __pycache__ -o -name test-results \) -prune \
    -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | hash_of_input
}

hash_of_input() {
  sha256sum | cut -d' ' -f1
}

# is_stamped FILE VALUE: was FILE written for exactly this?
is_stamped() {
  [[ -f $1 && "$(<"$1")" == "$2" ]]
}

# stamp FILE VALUE, whole or not at all.
stamp() {
  printf '%s\n' "$2" >"$1.$$" && mv -f -- "$1.$$" "$1"
}
