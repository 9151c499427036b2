#!/bin/sh
# SPDX-License-Identifier: MIT
# `make installcheck`: what was installed works from where it was installed, without the build tree's libraries.
# installed.sh BINDIR LIBDIR; CC, PKG_CONFIG, and PROGRAM for the GPU (may be empty), come from the environment.
set -u

bindir=$1 libdir=$2
failures=0

fail()
{
	echo "installcheck: $1" >&2
	failures=$((failures + 1))
}

library=$(PKG_CONFIG_PATH=$libdir/pkgconfig "$PKG_CONFIG" --variable=tools_library xsched-hsa) || fail "no pkg-config file"
[ -r "$library" ] || fail "pkg-config names $library, which is not there"

# Programs that give hints compile and run, here without anything that schedules them.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
flags_of()
{
	PKG_CONFIG_PATH=$libdir/pkgconfig "$PKG_CONFIG" --cflags --libs "$1" || fail "no pkg-config file for $1"
}
cat >"$work/client.c" <<END
#include <xsched_hsa.h>
int main(void) { return xsched_hsa_resume(xsched_hsa_process()) != XSCHED_HSA_NOT_SCHEDULED; }
END
cat >"$work/compat.c" <<END
#include <xsched/xsched.h>
#include <xsched/hip/hal.h>
int main(void) { HwQueueHandle hwq; return HipQueueCreate(&hwq, NULL) != kXSchedErrorNotSupported || XHintTimeslice(500) != kXSchedErrorNotSupported; }
END
for program in client compat; do
	# shellcheck disable=SC2046
	$CC -Wall -Werror -o "$work/$program" "$work/$program.c" $(flags_of "xsched-hsa-$program") || fail "$program.c does not compile"
	LD_LIBRARY_PATH=$libdir "$work/$program" || fail "$program: status $?"
done

if [ -x "$bindir/xschedctl" ]; then
	preload=$("$bindir/xschedctl" run --print | grep ^LD_PRELOAD=)
	[ "$preload" = "LD_PRELOAD=$libdir/libxsched_hsa.so${LD_PRELOAD:+:$LD_PRELOAD}" ] ||
		fail "xschedctl run sets \"$preload\", which is not what was installed"
fi
if [ -x "$bindir/kfdsim" ]; then
	preload=$("$bindir/kfdsim" printenv LD_PRELOAD)
	case $preload in
	*"$libdir"/*libkfdsim.so) ;;
	*) fail "kfdsim preloads \"$preload\", which is not what was installed" ;;
	esac
	if command -v rocminfo >/dev/null; then
		"$bindir/kfdsim" rocminfo | grep -q gfx90a || fail "kfdsim rocminfo shows no gfx90a"
	fi
	if [ -n "${PROGRAM:-}" ]; then
		HSA_TOOLS_LIB=$library "$bindir/kfdsim" "$PROGRAM" || fail "$PROGRAM: status $?"
	fi
fi
exit $failures
