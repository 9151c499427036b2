#!/bin/sh
# SPDX-License-Identifier: MIT
# rocminfo and rocm_agent_enumerator find the simulated GPUs as they would find real ones.
set -u

[ -x "$top_builddir/kfdsim" ] || { echo "skipped: kfdsim is not built"; exit 77; }
command -v rocminfo >/dev/null || { echo "skipped: rocminfo is not installed"; exit 77; }

failures=0
sim() { timeout 60 "$top_builddir/kfdsim" "$@"; }

# expect WHAT COUNT PATTERN TEXT
expect()
{
	found=$(printf '%s\n' "$4" | grep -c -- "$3")
	[ "$found" -eq "$2" ] && return
	echo "$1: \"$3\" $found times, not $2, in:"
	printf '%s\n' "$4" | head -n 200
	failures=$((failures + 1))
}

out=$(sim rocminfo 2>&1) || { echo "rocminfo failed: $out"; exit 1; }
expect "one MI210" 1 'Marketing Name: *AMD Instinct MI210' "$out"
expect "its ISA" 1 'amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-' "$out"
expect "its CUs" 1 'Compute Unit: *104' "$out"
expect "its memory" 1 'Size: *67092480(' "$(printf '%s\n' "$out" | sort -u)"
expect "its BDF" 1 'BDFID: *768' "$out"

out=$(sim --gpus 3 rocminfo 2>&1) || { echo "rocminfo with three GPUs failed: $out"; exit 1; }
expect "three MI210" 3 'Marketing Name: *AMD Instinct MI210' "$out"

out=$(sim --device gfx906,gfx90a rocminfo 2>&1) || { echo "rocminfo with two kinds failed: $out"; exit 1; }
expect "gfx906 of two kinds" 1 'Name: *gfx906 ' "$out"
expect "gfx90a of two kinds" 1 'Name: *gfx90a ' "$out"

for version in 1.5 1.11 1.13 1.14 1.17 1.19 1.23; do
	out=$(sim --kfd-version $version rocminfo 2>&1) || { echo "rocminfo on KFD $version failed: $out"; failures=$((failures + 1)); }
	expect "KFD $version" 1 'Name: *gfx90a ' "$out"
done

if command -v rocm_agent_enumerator >/dev/null; then
	out=$(sim --gpus 2 rocm_agent_enumerator 2>&1)
	expect "rocm_agent_enumerator" 2 '^gfx90a$' "$out"
fi
exit $failures
