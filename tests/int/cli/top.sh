#!/bin/sh
# SPDX-License-Identifier: MIT
# xschedctl top on a terminal of 80 columns: it draws, obeys keys, and leaves the terminal as it was.
set -u

here=$top_builddir/tests/int/cli
for program in "$top_builddir/xschedd" "$top_builddir/xschedctl" "$here/with_daemon"; do
	[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
done
command -v script >/dev/null || { echo "skipped: script (of util-linux) is not installed"; exit 77; }
script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo "skipped: no pseudo-terminal can be made here"; exit 77; }
infocmp vt100 >/dev/null 2>&1 || { echo "skipped: the terminal vt100 is not known (package ncurses-bin)"; exit 77; }
dir=$(mktemp -d /tmp/xschedctl.XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
# A terminal whose input ended makes script write without end. Sanitizers reserve more than they use.
[ -n "$SANITIZE" ] || ulimit -v 4000000

# screen NAME KEYS WORDS: top with these keys as input, ended by q, shows these words, and ends well.
screen()
{
	printf '%sq' "$2" | timeout --kill-after=10 60 "$here/with_daemon" "$dir/sock" "$top_builddir/xschedd" --policy=hpf -- \
		script -qec "stty cols 80 rows 24; TERM=vt100 '$top_builddir/xschedctl' --socket '$dir/sock' top -d 10; s=\$?; echo; echo status \$s; stty -a" \
		/dev/null >"$dir/out" 2>&1
	if grep -aqF -e "$3" "$dir/out" && grep -aq "^status 0" "$dir/out" && grep -aqE "(^| )echo( |$)" "$dir/out"; then
		echo "ok: $1"
	else
		echo "FAILED: $1: expected \"$3\""
		cat -v "$dir/out"
		failed=1
	fi
}

screen "what there is" "" "policy hpf; 0 processes, 0 queues, 0 GPUs"
screen "the table's head" "" "PID"
screen "the next key" ">" "by held"
screen "the key before" "<" "by job"
screen "reversed" "r" "reversed"

# Without a daemon the screen is not touched.
script -qec "TERM=vt100 '$top_builddir/xschedctl' --socket '$dir/none' top; echo status \$?" /dev/null </dev/null >"$dir/out" 2>&1
if grep -aq "^status 3" "$dir/out" && grep -aq "no daemon listens" "$dir/out"; then
	echo "ok: no daemon"
else
	echo "FAILED: no daemon"
	cat -v "$dir/out"
	failed=1
fi
script -qec "TERM=none '$top_builddir/xschedctl' --socket '$dir/none' top --plain; echo status \$?" /dev/null </dev/null >"$dir/out" 2>&1
grep -aq "^status 3" "$dir/out" || { echo "FAILED: --plain without a daemon"; failed=1; }
exit $failed
