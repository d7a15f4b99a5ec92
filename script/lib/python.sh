# shellcheck shell=bash
# Python and the virtual environment at .venv. Its stamps lie inside it, so that they vanish with it.

PYTHON_TEST='import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON_TEST_WORDS="Python 3.11 or newer"

# Sets PYTHON to an interpreter that is new enough.
find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c "$PYTHON_TEST" 2>/dev/null; then
      PYTHON="$name"
      return 0
    fi
  done
  fail "$PYTHON_TEST_WORDS is needed, and python3 here is" \
    "$(python3 --version 2>/dev/null || echo "not installed"). Debian 12 and later have it."
}

# Says what is wrong with .venv, and nothing if it can be used. One made by hand is as good as ours.
venv_fault() {
  local python version shebang
  python="$VENV/bin/python"
  if [[ ! -e $VENV ]]; then
    echo "first start: packages live apart from the system's"
  elif [[ -f $PIP_UNFINISHED ]]; then
    echo "the last installation was interrupted: beginning anew"
  elif ! "$python" -I -S -c "$PYTHON_TEST" 2>/dev/null; then
    echo "the one here has no $PYTHON_TEST_WORDS: beginning anew"
  else
    version="$("$python" -I -S -c 'import sys; print("python%d.%d" % sys.version_info[:2])')"
    read -r shebang <"$VENV/bin/pip" || shebang=""
    if [[ ! -d $VENV/lib/$version/site-packages/pip ]]; then
      echo "it was made by another Python: beginning anew"
    elif [[ $shebang != "#!$VENV/bin/"* && ${#VENV} -lt 100 ]]; then
      echo "it was made in another place: beginning anew"
    fi
  fi
}

make_venv() {
  rm -rf -- "$VENV" && "$PYTHON" -m venv "$VENV" && rm -f -- "$PIP_UNFINISHED"
}

# Killed in the middle, pip may leave half a package that looks whole, so a mark tells the next
# run to begin anew. If it fails in order, it has taken back what it did.
pip_install() {
  local status=0
  : >"$PIP_UNFINISHED"
  "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off "$@" || status=$?
  [[ $status -gt 128 ]] || rm -f -- "$PIP_UNFINISHED"
  return "$status"
}

need_venv() {
  local fault
  fault="$(venv_fault)"
  [[ -n $fault ]] || return 0
  step "Python environment" "$fault" venv make_venv || fail "No virtual environment could be made in $VENV."
}

requirements_digest() {
  cat -- "$ROOT/requirements.txt" "$ROOT/$1" | hash_of_input
}

is_installed() {
  is_stamped "$VENV/.$1.stamp" "$(requirements_digest "$1")"
}

# need_python_packages FILE WHY
need_python_packages() {
  local file="$1" why="$2"
  is_installed "$file" && return 0
  step "Python packages" "$why" pip pip_install -r "$ROOT/$file" ||
    fail "pip could not install what $file names; is the package index reachable?"
  stamp "$VENV/.$file.stamp" "$(requirements_digest "$file")"
}
