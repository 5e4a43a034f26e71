#!/bin/sh
# Prepares a checkout: .venv, the Python packages, and the system libraries that Qt, sound and the tests need.
#
#   packaging/setup.sh            what `make setup` runs; ends with a stamp, .venv/ready
#   packaging/setup.sh mpv        system packages only: the named ones, for `make bench RIG=DIR`
#
# It installs system packages when it is root or sudo asks for no password, and prints the command otherwise. Debian and
# Ubuntu are known; elsewhere it says what is needed and goes on. Where Python packages come from is pip's own business.
set -eu
cd "$(dirname "$0")/.."

# "a|b": the name that this release has; Ubuntu 24.04 renamed the first.
QT="libglib2.0-0t64|libglib2.0-0 libegl1 libgl1 libgl1-mesa-dri libopengl0 libfontconfig1 libfreetype6 libdbus-1-3
    libxkbcommon0 libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-glx0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1
    libxcb-randr0 libxcb-render-util0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0
    libxcb-xkb1 fonts-dejavu-core"
SOUND="libportaudio2 libasound2-plugins"
TESTS="xvfb pulseaudio pulseaudio-utils nginx redis-server coturn janus nftables iproute2"

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# -- system packages ---------------------------------------------------------------------------------------------------

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

has_candidate() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# The packages of "$@" that are missing, each by the name to install it by.
missing() {
    for entry in "$@"; do
        chosen=
        for name in $(printf '%s' "$entry" | tr '|' ' '); do
            if is_installed "$name"; then chosen=; break; fi
            if [ -z "$chosen" ] && has_candidate "$name"; then chosen=$name; fi
            last=$name
        done
        is_installed "$name" || printf '%s ' "${chosen:-$last}"
    done
}

# How to become root without asking anybody: "" or "sudo -n"; status 1 where it may not.
as_root() {
    if [ "$(id -u)" = 0 ]; then return 0; fi
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then printf 'sudo -n'; return 0; fi
    return 1
}

# Fetch the list of packages, once a run: `missing` reads it.
refresh() {
    [ -z "${refreshed:-}" ] || return 0
    refreshed=yes
    say "refreshing the list of system packages"
    $root apt-get update -qq || say "the list of packages could not be refreshed, going on with the old one"
}

# Install what is missing of "$@". Status 1: it may not; what to do has been printed.
install_system() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "this is no Debian or Ubuntu; make sure that your system has what these packages hold: $*"
        return 1
    fi
    [ -n "$(missing "$@")" ] || return 0
    if root=$(as_root); then
        refresh
        wanted=$(missing "$@")
        say "installing $wanted"
        # shellcheck disable=SC2086 # words
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $wanted >/dev/null ||
            fail "apt-get could not install these: $wanted"
        return 0
    fi
    say "system packages are missing and only root may install them. Please run:"
    printf '\n    sudo apt-get update && sudo apt-get install %s\n\n' "$(missing "$@")"
    return 1
}

if [ $# -gt 0 ]; then
    install_system "$@" || fail "$* is needed for this"
    exit 0
fi

# -- Python ------------------------------------------------------------------------------------------------------------

is_fit() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && is_fit "$name"; then command -v "$name"; return; fi
    done
    fail "Python 3.11 or newer is needed, and neither python3 nor python3.11 to python3.13 is that. Install it, or say
       where it is: make setup PYTHON=/path/to/python3"
}

# The package that a Python of Debian's lacks to make a .venv, if it does: they keep venv apart.
venv_package() {
    if has_venv "$1"; then return; fi
    "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

make_venv() {
    if .venv/bin/python -c 'import pip' 2>/dev/null && is_fit .venv/bin/python; then return; fi
    has_venv "$1" || fail "$1 has no module venv: apt install python3-venv, then run this again"
    say "making .venv with $("$1" --version)"
    "$1" -m venv --clear .venv || fail "$1 could not make .venv; what it says is above"
}

python=$(find_python)
# shellcheck disable=SC2086,SC2046 # words
if install_system $(venv_package "$python") $QT $SOUND $TESTS; then has_system=yes; else has_system=no; fi
make_venv "$python"
say "installing the Python packages, a few hundred MB"
.venv/bin/python -m pip install -qq --disable-pip-version-check --editable '.[dev]' ||
    fail "the Python packages could not be installed; what pip says is above"
if ! .venv/bin/python -c 'import PySide6.QtWidgets' 2>.venv/problem; then
    tail -n 1 .venv/problem >&2
    fail "Qt does not start without the system packages named above"
fi
if [ $has_system = no ]; then say "going on without them: expect no sound, and that tests which need them fail"; fi
touch .venv/ready
say "done"
