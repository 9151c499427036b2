# SPDX-License-Identifier: MIT
# Libraries of others, unmodified: rocRAND as Debian built it, and rocPRIM's algorithms. The same results as natively, whether the library
# stands aside or limits every queue, and not 10 % slower by the GPU's clock.
. "$top_srcdir/scripts/packages.sh"
if packages_known; then
	packages_need librocrand-dev librocprim-dev >&2 || skip "librocrand-dev and librocprim-dev are not installed"
fi
variable() {
	sed -n "s/^$1 = //p" "$top_builddir/Makefile"
}
gpus=$(HSA_TOOLS_LIB=$tool on_gpu -- rocminfo 2>/dev/null | grep -c 'Device Type: *GPU')
metrics=$(jq -n --argjson gpus "$gpus" '{rocminfo_gpus: $gpus, ratios: []}')
# settings NAME: what the library is told.
settings() {
	case $1 in
	aside) echo ;;
	"policy") echo XSCHED_HSA_POLICY=hpf ;;
	"window of time") echo XSCHED_HSA_WINDOW_US=200 ;;
	"window of one") echo XSCHED_HSA_WINDOW=1 ;;
	esac
}
# least NAME: run $program three times. The last results, and the least time: the host shares its processors with the simulator.
least() {
	: >"$out/times"
	for round in 1 2 3; do
		on_gpu -- "$out/$program" >"$out/$1" 2>"$out/$1_ms" || return 1
		tail -n 1 "$out/$1_ms" >>"$out/times"
	done
	sort -g "$out/times" | head -n 1 >"$out/$1_ms"
}
for program in random primitives; do
	libraries=
	[ "$program" != random ] || libraries=-lrocrand
	# shellcheck disable=SC2046
	$(variable HIPCC) --offload-arch="$(variable HIP_ARCH)" -std=c++17 -O2 -o "$out/$program" "$top_srcdir/tests/others/$program.hip" $libraries \
		>&2 || fail "tests/others/$program.hip does not compile"
	least native || fail "$program, natively: $(tail -n 1 "$out/native_ms")"
	for mode in aside policy "window of time" "window of one"; do
		# shellcheck disable=SC2046
		export HSA_TOOLS_LIB="$tool" XSCHED_HSA_SOCKET=off $(settings "$mode")
		least with || fail "$program, $mode: $(tail -n 1 "$out/with_ms")"
		unset HSA_TOOLS_LIB XSCHED_HSA_SOCKET XSCHED_HSA_POLICY XSCHED_HSA_WINDOW_US XSCHED_HSA_WINDOW
		cmp -s "$out/native" "$out/with" || fail "$program, $mode: other results than natively"
		metrics=$(echo "$metrics" | jq --arg program "$program" --arg mode "$mode" --argjson native "$(tail -n 1 "$out/native_ms")" \
			--argjson with "$(tail -n 1 "$out/with_ms")" '.ratios += [{program: $program, library: $mode, ratio: ($with / $native)}]')
	done
done
# A window of one packet lets the GPU run dry between kernels, as it is meant to.
metrics=$(echo "$metrics" | jq '. + {slowest: ([.ratios[] | select(.library != "window of one").ratio] | max)}')
decide "the same results everywhere; ratios of the GPU's time to native" "$metrics" '.rocminfo_gpus >= 1 and .slowest < 1.1'
