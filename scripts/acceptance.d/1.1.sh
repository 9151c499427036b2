# SPDX-License-Identifier: MIT
# From a clean checkout (or the tarball's files) and from what `make dist` makes of it: configure, make, make install.
[ "$QUICK" = 0 ] || skip "takes minutes"
build_one() {
	(
		cd "$1" || exit
		[ -x configure ] || autoreconf -fi || exit
		./configure --enable-cwsr --prefix="$2" && make -j"$(nproc)" && make install
	) >"$out/log" 2>&1 || fail "the build of $3 failed: $(tail -n 3 "$out/log" | tr '\n' ' ')"
	# What libtool calls one, that it links again for the folder of the installation, is none.
	warnings=$((warnings + $(grep 'warning:' "$out/log" | grep -vc '^libtool: warning: relinking')))
	[ -e "$2/lib/libxsched_hsa.so" ] || fail "$3 did not install libxsched_hsa.so"
}
warnings=0
mkdir "$out/checkout" "$out/tarball"
git -C "$top_srcdir" archive HEAD 2>/dev/null | tar -x -C "$out/checkout" || skip "not a git checkout"
before=$(date +%s)
build_one "$out/checkout" "$out/root" "a checkout"
seconds=$(($(date +%s) - before))
make -C "$out/checkout" dist >"$out/log" 2>&1 || fail "make dist: $(tail -n 3 "$out/log" | tr '\n' ' ')"
tar -x -C "$out/tarball" --strip-components=1 -f "$out"/checkout/xsched-hsa-*.tar.xz
build_one "$out/tarball" "$out/root2" "the tarball"
lines=$(cd "$top_srcdir" && for d in src/* sim; do
	[ -d "$d" ] && echo "$d $(find "$d" -name '*.[ch]' -exec cat {} + | wc -l)"
done | jq -Rn '[inputs | split(" ") | {(.[0]): (.[1] | tonumber)}] | add')
decide "" "$(jq -n --argjson seconds $seconds --argjson warnings $warnings --argjson lines "$lines" \
	'{$seconds, $warnings, $lines}')" '.warnings == 0 and .seconds < 300'
