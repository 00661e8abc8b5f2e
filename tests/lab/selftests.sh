#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# selftests.sh - the kernel's own KVM selftests
#
#	selftests.sh
#
# Builds them if they are not in the cache, and prints the folder that they are
# in.  They come from linux-source-6.1, unmodified; nothing of them is kept in
# this tree.  They are linked without shared libraries, which an L1 host does not
# have.  Two of 6.1.192 do not build by themselves, and get what they lack from
# the command line: steal_time takes linux/types.h from tools/, which does not
# bring linux/stddef.h, and dirty_log_test calls ASSERT_EQ by a later name.
# NOT-BUILT in that folder names those that did not build all the same.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${TWINWALK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/twinwalk}

src=$("$here/kernels.sh" source)
key=$(cat "$0" <(basename "$src") <(gcc -dumpfullversion) | sha256sum |
	cut -c1-12)
dir=$cache/selftests-$key
tests=$src/tools/testing/selftests/kvm
lacking="-include linux/stddef.h -DTEST_ASSERT_EQ=ASSERT_EQ"

build() {
	rm -rf "$dir"
	mkdir -p "$dir/headers"
	make -s -C "$src" O="$dir/headers" headers_install
	# -k, and no verdict from make: what is missing is told by name.
	LDFLAGS=-static EXTRA_CFLAGS="$lacking" make -s -k -j"$(nproc)" -C "$tests" OUTPUT="$dir" \
		INSTALL_HDR_PATH="$dir/headers/usr" \
		KHDR_INCLUDES="-isystem $dir/headers/usr/include" || true
	find "$dir" -name '*.o' -delete
}

missing() {
	[ ! -e "$dir/done" ] || return 1
	exec 9>"$cache/lock"
	flock 9
	[ ! -e "$dir/done" ]
}

if missing; then
	echo "building the kernel's KVM selftests, about a minute on 2 cores" >&2
	build >"$cache/selftests.log" 2>&1 ||
		{ tail -n 20 "$cache/selftests.log" >&2; exit 1; }
	mv "$cache/selftests.log" "$dir/build.log"
	sed -n 's/^TEST_GEN_PROGS_x86_64 *+*= *//p' "$tests/Makefile" |
		while read -r name; do
			[ -x "$dir/$name" ] || echo "$name"
		done >"$dir/NOT-BUILT"
	touch "$dir/done"
fi
echo "$dir"
