# shellcheck shell=bash
# Programs of the system: those at hand are used however they came; Debian's packages fill the gaps.

declare -A DEBIAN_PACKAGE=(
  [qemu-system-x86_64]=qemu-system-x86
  [qemu-img]=qemu-utils
  [swtpm]=swtpm
  [python-venv]=python3-venv
  [git]=git
  [curl]=curl
  [jq]=jq
  [chromium]=chromium
  [shellcheck]=shellcheck
  [fonts]=fonts-dejavu-core
  [docker-registry]=docker-registry
  [postgresql]=postgresql
  [redis-server]=redis-server
  [fsck.vfat]=dosfstools
  [mcopy]=mtools
  [ip]=iproute2
  [as]=binutils
  [nginx]=nginx
  [caddy]=caddy
  [systemd-analyze]=systemd
)

declare -A MEANING=(
  [python-venv]="Python's venv module with ensurepip"
  [fonts]="any TrueType font"
  [postgresql]="PostgreSQL's server, below /usr/lib/postgresql"
)

has_program() {
  case "$1" in
    python-venv) [[ -x $VENV/bin/pip ]] || "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ;;
    fonts) [[ -n "$(find /usr/share/fonts ~/.fonts -name '*.[to]tf' -print -quit 2>/dev/null)" ]] ;;
    postgresql) [[ -n "$(find /usr/lib/postgresql -path '*/bin/postgres' -print -quit 2>/dev/null)" ]] ;;
    # Some programs that any user may run lie where only root looks.
    *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
  esac
}

# missing_programs NAME… → those that are not there, one a line
missing_programs() {
  local name
  for name in "$@"; do
    has_program "$name" || printf '%s\n' "$name"
  done
}

is_debian_like() {
  [[ -r /etc/os-release ]] || return 1
  # shellcheck disable=SC1091
  (. /etc/os-release && [[ " ${ID:-} ${ID_LIKE:-} " == *" debian "* ]]) && command -v apt-get >/dev/null
}

# Sets AS_ROOT to the words before a command that needs root; fails where there is no way to be root.
find_root() {
  AS_ROOT=()
  [[ $EUID -ne 0 ]] || return 0
  command -v sudo >/dev/null || return 1
  AS_ROOT=(sudo)
  sudo -n true 2>/dev/null && return 0
  [[ -t 0 && -t 2 ]] || return 1
  echo "  Installing system packages needs root; sudo may ask for your password."
  sudo -v
}

apt_install() {
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends "$@"
}

# The package lists are fetched only where those at hand don't do: never fetched, or grown stale.
install_packages() {
  apt_install "$@" || {
    "${AS_ROOT[@]}" apt-get -o DPkg::Lock::Timeout=300 update && apt_install "$@"
  }
}

# need_programs WHY NAME…: after this they are all there, or the script has ended saying what to do.
need_programs() {
  local why="$1" name
  local -a missing packages=()
  shift
  mapfile -t missing < <(missing_programs "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0

  if ! is_debian_like; then
    printf '\nThese are missing (%s):\n' "$why" >&2
    for name in "${missing[@]}"; do
      printf '  %s\n' "${MEANING[$name]:-$name}" >&2
    done
    fail "Install them with this system's package manager, then start again."
  fi

  for name in "${missing[@]}"; do
    packages+=("${DEBIAN_PACKAGE[$name]}")
  done
  if ! find_root; then
    printf '\nSystem packages are missing (%s). Run this as root, then start again:\n\n' "$why" >&2
    printf 'apt-get update && apt-get install -y --no-install-recommends %s\n' "${packages[*]}" >&2
    exit 1
  fi
  step "System packages" "${packages[*]} ($why)" apt install_packages "${packages[@]}" ||
    fail "apt-get could not install them; try: apt-get install --no-install-recommends ${packages[*]}"
}

can_build_demo_image() {
  # shellcheck disable=SC1091
  [[ -r /etc/os-release && "$(. /etc/os-release && echo "${ID:-}${VERSION_ID:-}")" == debian12 &&
    "$(dpkg --print-architecture 2>/dev/null)" == amd64 ]]
}

# The builder downloads packages as any user but cannot fetch the lists of them, which new machines lack.
need_package_lists() {
  can_build_demo_image || return 0
  ! apt-cache show linux-image-amd64 >/dev/null 2>&1 || return 0
  find_root || return 0
  step "Package lists" "the demo image is made of Debian packages" apt \
    "${AS_ROOT[@]}" apt-get -o DPkg::Lock::Timeout=300 update || true
}
