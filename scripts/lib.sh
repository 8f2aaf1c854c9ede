# What the scripts share.  Each of them exits with 0 when done or stopped by
# Ctrl-C, with 1 when something failed, with 64 when called the wrong way.

set -eu

LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH

name=${0##*/}
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build

trap 'exit 0' INT
trap 'exit 1' HUP TERM


fail() {
    printf '%s: %s\n' "$name" "$*" >&2
    exit 1
}


wrong_use() {
    printf "%s: %s, see 'scripts/%s --help'\n" "$name" "$*" "$name" >&2
    exit 64
}


# The comment at the head of a script, or of a part of it, is its help.
help() {
    sed -n '3,/^$/s/^# \{0,1\}//p' "${1:-$0}"
    exit 0
}


# logged <log> <command>...: of a failure the end of build/<log>.log is shown
logged() {
    log=$build/$1.log
    shift

    # not as a condition: that would turn off -e in a function
    set +e
    (set -e; "$@") > "$log" 2>&1 < /dev/null
    status=$?
    set -e

    if [ $status -ne 0 ]; then
        tail -n 20 "$log" >&2
        fail "that failed, the whole of it is in $log"
    fi
}


as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"

    elif command -v sudo > /dev/null; then
        sudo "$@"

    else
        fail "root or sudo is needed for: $*"
    fi
}


# The version of a package, nothing if it is not installed.
version_of() {
    dpkg-query -W -f '${db:Status-Abbrev}${Version}\n' "$1" 2> /dev/null \
        | sed -n 's/^.i[^ ]* *//p'
}


# Installs what is missing of the packages, each a name or name=version.
need_packages() {
    missing=

    for package in "$@"; do
        [ -n "$(version_of "${package%%=*}")" ] || missing="$missing $package"
    done

    [ -n "$missing" ] || return 0

    command -v apt-get > /dev/null \
        || fail "this needs Debian's apt-get, or by other ways:$missing"

    echo "installing$missing"
    mkdir -p "$build"
    logged packages install_packages $missing
}


install_packages() {
    as_root apt-get -q update

    if [ -n "$(version_of nginx)" ] \
       && apt-get -q -s --no-install-recommends install "$@" \
          | grep '^Inst nginx '
    then
        echo "This would change the installed nginx, which is yours to do."
        return 1
    fi

    # neither the system's nginx nor a new one is started or reloaded

    policy=/usr/sbin/policy-rc.d

    if [ ! -e $policy ]; then
        trap 'as_root rm -f $policy' EXIT
        trap 'exit 1' INT

        as_root install -m 755 /dev/stdin $policy << 'END'
#!/bin/sh
# for as long as scripts/setup installs packages
case " $* " in
*" nginx "* | *" nginx.service "*)
    exit 101 ;;
esac
END
    fi

    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@"
}


# Where the installed nginx has its modules.
modules_path() {
    nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p'
}
