# SPDX-License-Identifier: MIT
# Sourced with $model: checks of that model. Its folder is a temporary one, and $failed says in the end whether something was not as it should be.
set -u

[ -z "${SANITIZE:-}" ] || { echo "skipped: the model is the same in every build"; exit 77; }
command -v spin >/dev/null || { echo "skipped: spin is not installed"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

failed=0
optimize=-O2

# errors OPTION...: what the search through all states finds wrong.
errors() {
	spin -a "$@" "$top_srcdir/tests/model/$model.pml" >spin.log || { cat spin.log >&2; return 1; }
	${CC:-cc} $optimize -w -DSAFETY -DCOLLAPSE -DVECTORSZ=256 -o pan pan.c || return 1
	./pan -m10000 >pan.log 2>&1
	# A search that was cut short found nothing.
	grep -q -e 'max search depth' -e 'out of memory' pan.log && { cat pan.log >&2; return 1; }
	sed -n 's/.*errors: \([0-9]*\)$/\1/p' pan.log
}

# holds OPTION...: the model so configured
holds() {
	optimize=-O2
	found=$(errors "$@")
	[ "$found" = 0 ] && { echo "holds: $*: $(grep 'states, stored' pan.log)"; return; }
	echo "FAILED: $*"
	cat pan.log
	failed=1
}

# fails OPTION...: as long as one of its properties is violated. These end early, so compiling takes longer than searching.
fails() {
	optimize=-O0
	found=$(errors "$@")
	[ "$found" = 1 ] && { echo "caught: $*: $(grep '^pan:1:' pan.log)"; return; }
	echo "NOT CAUGHT: $*"
	failed=1
}
