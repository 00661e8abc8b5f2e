#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# install.sh - "make install" and "make uninstall", into a folder
#
# The folder stands for a machine with the newest Debian headers installed.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
mkdir -p build/results
root=$PWD/build/install
kdir=$(tests/lab/kernels.sh debian | sed -n 2p)
kver=${kdir#*linux-headers-}
passed=0
failed=0

verdict() {
	if [ "$2" = 0 ]; then
		echo "  ok     install: $1"
		passed=$((passed + 1))
	else
		echo "  NOT OK install: $1"
		[ ! -e build/install.log ] ||
			tail -n 20 build/install.log | sed 's/^/         | /'
		failed=$((failed + 1))
	fi
}

rm -rf "$root"
mkdir -p "$root/lib/modules/$kver"
make install DESTDIR="$root" KVER="$kver" >build/install.log 2>&1
verdict "make install" $?

find "$root/lib/modules/$kver" -name 'twinwalk.ko*' | grep -q .
verdict "the module is there" $?
[ "$(modinfo -F version "$(find "$root/lib/modules" -name 'twinwalk.ko*')")" = \
	"$(sed -n 's/^Version: *//p' META)" ]
verdict "its version is META's" $?
grep -q '^blacklist kvm_amd' "$root/etc/modprobe.d/twinwalk.conf" &&
	grep -q '^blacklist kvm_intel' "$root/etc/modprobe.d/twinwalk.conf"
verdict "stock KVM is kept away" $?

make install DESTDIR="$root" KVER="$kver" >build/install.log 2>&1
verdict "make install once more" $?

make uninstall DESTDIR="$root" KVER="$kver" >build/install.log 2>&1
verdict "make uninstall" $?
left=$(find "$root" -name '*twinwalk*')
[ -z "$left" ]
verdict "nothing is left" $?

make uninstall DESTDIR="$root" KVER="$kver" >build/install.log 2>&1
verdict "make uninstall once more" $?

# A kernel that it can't be built for: stock KVM has to stay where it is.
make install DESTDIR="$root" KVER=5.0.0-none >build/install.log 2>&1
[ $? != 0 ] && [ ! -e "$root/etc/modprobe.d/twinwalk.conf" ]
verdict "an install that fails leaves stock KVM alone" $?

echo "$passed $failed" >build/results/check-install
echo "check-install: $passed passed, $failed failed"
[ $failed = 0 ]
