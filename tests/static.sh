#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# static.sh - what can be said of the sources without running them
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
mkdir -p build/results build/static
out=build/static
passed=0
failed=0

# check NAME COMMAND...: passes if it succeeds and prints nothing
check() {
	local name=$1 log=$out/$1
	shift
	if "$@" >"$log" 2>&1 </dev/null && [ ! -s "$log" ]; then
		echo "  ok     static: $name"
		passed=$((passed + 1))
	else
		echo "  NOT OK static: $name"
		head -n 40 "$log" | sed 's/^/         | /'
		failed=$((failed + 1))
	fi
}

mapfile -t sources < <(git ls-files --cached --others --exclude-standard \
	'*.c' '*.h')
[ "${#sources[@]}" != 0 ] || { echo "static: git lists no sources here"; exit 1; }
mapfile -t headers < <(printf '%s\n' "${sources[@]}" | grep '\.h$')
linux=$(tests/lab/kernels.sh source) || exit 1
kdir=$(tests/lab/kernels.sh debian | sed -n 2p)

# What Kbuild sees, in a folder of its own, so that all of it is built.
stage() {
	rm -rf "$out/tree"
	mkdir -p "$out/tree/tests"
	cp -r META Kbuild include virt x86 mmu emulate irqchip vmx svm "$out/tree"
	cp -r tests/kunit tests/emulate "$out/tree/tests"
}

w1() {
	stage
	make -s -j"$(nproc)" -C "$kdir" M="$PWD/$out/tree" W=1 TWINWALK_DEBUG=1 \
		modules 2>&1 | grep -v 'Skipping BTF'
	[ "${PIPESTATUS[0]}" = 0 ] && [ -e "$out/tree/twinwalk.ko" ]
}

# Its words on the kernel's own headers are not about us.
run_sparse() {
	stage
	make -s -C "$kdir" M="$PWD/$out/tree" C=2 CHECK=sparse \
		CF="-D__CHECK_ENDIAN__" TWINWALK_DEBUG=1 modules \
		>"$out/sparse.log" 2>&1 || cat "$out/sparse.log"
	grep "$PWD/$out/tree" "$out/sparse.log" | grep -E 'warning|error'
	[ -e "$out/tree/twinwalk.ko" ]
}

# In a header of tracepoints, what look like calls and lists are none.  Operands
# have the SDM's names, a list of rows is no macro of a function's kind, and the
# programs take their types from where the kernel's come from.  The guests and
# what runs them have no header of the kernel's.  A loop names what it goes over
# more than once.
checkpatch() {
	local run=(perl "$linux/scripts/checkpatch.pl" --no-tree --strict
		--terse --no-summary --show-types)
	local f others=() tables=() guests=()
	for f in "${sources[@]}"; do
		case $f in
		*/trace.h | include/vcpu.h) ;;
		emulate/opcodes.[ch] | emulate/rows_*.h | emulate/exec*.c | tests/emulate/*)
			tables+=("$f") ;;
		tests/guest/*) guests+=("$f") ;;
		*) others+=("$f") ;;
		esac
	done
	"${run[@]}" -f "${others[@]}" &&
		"${run[@]}" --ignore PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE,SPACING \
			--ignore COMPLEX_MACRO -f */trace.h &&
		"${run[@]}" --ignore MACRO_ARG_REUSE -f include/vcpu.h &&
		"${run[@]}" --ignore CAMELCASE,COMPLEX_MACRO,MACRO_ARG_REUSE \
			--ignore BIT_MACRO,CONSTANT_COMPARISON,PREFER_KERNEL_TYPES \
			-f "${tables[@]}" &&
		"${run[@]}" --ignore PREFER_DEFINED_ATTRIBUTE_MACRO,BIT_MACRO \
			--ignore COMPLEX_MACRO,MACRO_ARG_REUSE,LINE_SPACING \
			--ignore REPEATED_WORD,EMBEDDED_FUNCTION_NAME,ARRAY_SIZE \
			-f "${guests[@]}"
}

kernel_doc() {
	perl "$linux/scripts/kernel-doc" -none -Werror "${headers[@]}" 2>&1
}

format() {
	clang-format --dry-run -Werror "${sources[@]}"
}

spdx() {
	git ls-files --cached --others --exclude-standard |
		grep -vE '^(META|\.gitignore|COPYING)$|\.md$' |
		while read -r f; do
			head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' ||
				echo "$f has no SPDX line"
		done
}

# One number, one list: what is written twice has to agree.
agree() {
	local version param
	version=$(sed -n 's/^Version: *//p' META)
	grep -qx "PACKAGE_VERSION=\"$version\"" dkms.conf ||
		echo "dkms.conf and META differ about the version"
	sed -n 's/^module_param_named(\([a-z_]*\),.*/\1/p' virt/main.c |
		grep -v fail_step |
		while read -r param; do
			grep -q "^| \`$param\`" README.md ||
				echo "README.md has no row for $param"
			grep -q "^\.It Cm $param" docs/twinwalk.4 ||
				echo "twinwalk(4) has no item for $param"
		done
	grep -ho 'TW_HAVE_[A-Z_]*' include/compat.h | sort -u |
		while read -r param; do
			grep -q "$param" Kbuild || echo "nothing probes $param"
		done
}

# words_of FILE PATTERN: what stands first in rows, and in cases, from the line
# that has the pattern to the end of that table or function
words_of() {
	sed -n "/$2/,/^}/p" "$1" | sed -nE \
		's/^[[:space:]]+(\{|case) (KVM_[A-Z0-9_]+)[,:].*/\2/p'
}

# once NAME FILE PATTERN...: no word twice in all of them
once() {
	local name=$1 words
	shift
	words=$(while [ $# != 0 ]; do
		words_of "$1" "$2" | grep . || echo "$1 has no rows at $2" >&2
		shift 2
	done)
	sort <<<"$words" | uniq -d | sed "s/^/$name twice: /"
}

# Of two rows for an ioctl or a capability, nobody would see which one counts.
tables() {
	once "ioctl of a vCPU" x86/ioctl.c ' kvm_arch_vcpu_ioctls\[\]' \
		virt/vcpu.c ' vcpu_ioctls\[\]'
	once "ioctl of a VM" x86/ioctl.c ' kvm_arch_vm_ioctls\[\]' \
		virt/vm.c '^static long kvm_vm_ioctl'
	once "capability" virt/dev.c ' kvm_caps\[\]' x86/caps.c ' fixed\[\]' \
		x86/caps.c '^int kvm_arch_check_extension'
	once "capability to turn on" x86/caps.c ' of_vm\[\]'
}

# Caps that keep rooms small; design.md says why.
caps() {
	local f
	for f in "${sources[@]}"; do
		[ "$(wc -l <"$f")" -le 1200 ] || echo "$f: over 1200 lines"
		awk -v f="$f" '/^[{]/ { start = NR }
			/^[}]/ && start { if (NR - start > 62)
				printf "%s:%d: %d lines\n", f, start, NR - start
				start = 0 }' "$f"
	done
	grep -nE 'linux/kvm_host\.h|asm/kvm_host\.h|LINUX_VERSION_CODE|\bBUG_ON\(' \
		"${sources[@]}" | grep -v BUILD_BUG_ON
	return 0
}

# refused_with LINE ASSIGNMENT...: Kbuild's word on a kernel that is like this
refused_with() {
	local line=$1
	shift
	rm -rf "$out/refused"
	mkdir -p "$out/refused"
	printf '%s\n' "CONFIG_MODULES := y" "CONFIG_X86_64 := y" \
		"CONFIG_MMU_NOTIFIER := y" "CONFIG_INTERVAL_TREE := y" "$@" \
		"srctree := $kdir" "obj := ." \
		"src := $PWD" "include $PWD/Kbuild" >"$out/refused/Makefile"
	[ "$(make -C "$out/refused" 2>&1 | grep -c "$line")" = 1 ] ||
		echo "Kbuild does not say: $line"
}

# A kernel that can carry no KVM, or is out of range, is refused with one line.
refusal() {
	local all="CONFIG_PREEMPT_NOTIFIERS := y
CONFIG_USER_RETURN_NOTIFIER := y"
	refused_with 'lacks CONFIG_PREEMPT_NOTIFIERS CONFIG_USER_RETURN_NOTIFIER; use' \
		"VERSION := 6" "PATCHLEVEL := 1"
	refused_with '6.1 is the oldest supported' "$all" "VERSION := 5" \
		"PATCHLEVEL := 10"
	refused_with '6.12 is the newest supported' "$all" "VERSION := 6" \
		"PATCHLEVEL := 13"
}

# The pure decoder, beside another one: the same bytes, the same answers.
decoder() {
	tests/emulate/build.sh compare "$out/compare" &&
		{ "$out/compare" >"$out/compare.log" || cat "$out/compare.log"; }
}

# executor PART: of the pure executor's tests
executor() {
	"$out/execute" "$1" >"$out/execute-$1.log" || cat "$out/execute-$1.log"
}

# libFuzzer with the same target, which begins anew and finds its own way.
fuzzer() {
	tests/emulate/build.sh fuzzer "$out/fuzzer" || return
	"$out/fuzzer" -runs=150000 -seed=1 -max_len=24 \
		-artifact_prefix="$out/" >"$out/fuzzer.log" 2>&1 ||
		tail -n 40 "$out/fuzzer.log"
}

scripts() {
	local f
	for f in tests/*.sh tests/emulate/*.sh tests/lab/*.sh .ci/run; do
		bash -n "$f"
	done
	for f in tests/lab/init tests/lab/shell tests/lab/cases/*; do
		busybox sh -n "$f"
	done
	PYTHONPYCACHEPREFIX=$out/pyc python3 -m py_compile tests/lab/*.py
}

check w1 w1
check sparse run_sparse
check checkpatch checkpatch
check kernel-doc kernel_doc
check clang-format format
check spdx spdx
check agree agree
check tables tables
check caps caps
check kbuild-refusal refusal
check decoder decoder
check executor-build tests/emulate/build.sh execute "$out/execute"
check executor-rules executor rules
check executor-accesses executor accesses
check executor-native executor native
check executor-step executor step
check executor-fuzz executor fuzz
check executor-fuzzer fuzzer
check scripts scripts
check man-page mandoc -T lint -W warning docs/twinwalk.4

echo "$passed $failed" >build/results/check-static
echo "check-static: $passed passed, $failed failed"
[ $failed = 0 ]
