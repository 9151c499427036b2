# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it: what has to be installed, by Debian package name, and how to get it.

# Debian 12 and 13 have all of these under the same names. hipcc brings the clang of its version, with lld and the
# sanitizers' runtimes.
PACKAGES_BUILD="gcc g++ make autoconf automake libtool pkg-config libc6-dev linux-libc-dev
	libhsa-runtime-dev libjansson-dev libinih-dev libdrm-dev libncurses-dev libsystemd-dev systemtap-sdt-dev"
PACKAGES_RUN="libamdhip64-dev hipcc rocminfo jq"
PACKAGES_CHECK="libcmocka-dev binutils spin"

# sanitizing_clang: the newest clang that links with its sanitizers: Debian packages their runtimes apart, but hipcc brings
# those of the version it uses. "clang" where there is none.
sanitizing_clang() {
	for clang in $(IFS=:; for folder in $PATH; do ls "$folder"; done 2>/dev/null | grep -xE 'clang-[0-9]+' | sort -u -t- -k2nr); do
		echo 'int main(void) { return 0; }' | "$clang" -fsanitize=thread -x c -o /dev/null - 2>/dev/null && break
		clang=
	done
	echo "${clang:-clang}"
}

# packages_need PACKAGE...: install what is missing as root with apt; otherwise say what is missing and fail.
packages_need() {
	missing=
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "${0##*/}: apt-get not found. Install what these Debian packages hold:$missing" >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "${0##*/}: packages are missing and only root can install them:$missing" >&2
		echo "${0##*/}: run as root: apt-get install$missing" >&2
		return 1
	fi
	echo "${0##*/}: installing$missing"
	# An old list of packages is the usual reason for a failure, so one is fetched only then.
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 && return 0
	apt-get update -qq &&
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null && return 0
	echo "${0##*/}: apt-get could not install:$missing" >&2
	return 1
}

# machine_usable: ROCm reads the host's CPUs from sysfs; some of its versions find no GPU, and no error either, without.
machine_usable() {
	[ -d /sys/devices/system/cpu ] && [ -d /proc/self ] && return 0
	echo "${0##*/}: /sys and /proc must be mounted (in a chroot: mount -t sysfs sysfs /sys; mount -t proc proc /proc)" >&2
	return 1
}

# packages_known: whether dpkg can be asked at all; elsewhere configure finds out what is missing.
packages_known() {
	command -v dpkg-query >/dev/null 2>&1
}

# build_in DIR CONFIGURE-ARGUMENT...: configure and build the sources in DIR; quick when nothing changed.
build_in() {
	dir=$1
	shift
	mkdir -p "$dir"
	[ -x "$top/configure" ] || (cd "$top" && autoreconf -fi) >"$dir/autoreconf.log" 2>&1 || {
		cat "$dir/autoreconf.log" >&2
		return 1
	}
	if [ ! -e "$dir/Makefile" ] || [ "$(cat "$dir/arguments" 2>/dev/null)" != "$*" ]; then
		(cd "$dir" && "$top/configure" "$@") >"$dir/configure.log" 2>&1 || {
			grep -A 5 '^configure: error' "$dir/configure.log" >&2 || tail -n 20 "$dir/configure.log" >&2
			return 1
		}
		echo "$*" >"$dir/arguments"
	fi
	make -C "$dir" -j"$(nproc)" >"$dir/make.log" 2>&1 || {
		grep -E 'error|Error|undefined' "$dir/make.log" | head -n 20 >&2
		echo "${0##*/}: the build failed; all of it is in $dir/make.log" >&2
		return 1
	}
}
