# SPDX-License-Identifier: GPL-2.0-only
#
# Makefile - what a person types; "make help" lists it
#
# Kbuild builds the module, tests/ holds what checks it.

NAME    := $(shell sed -n 's/^Name: *//p' META)
VERSION := $(shell sed -n 's/^Version: *//p' META)

# Of the running kernel, else the newest installed.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -rV))
VENDOR ?= amd

LAB := tests/lab/lab.py

# For "make install": the kernel to build for, and the root to install into.
KVER ?= $(shell uname -r)
DESTDIR ?=
DKMS := dkms $(if $(DESTDIR),--dkmstree $(DESTDIR)/var/lib/dkms \
	--sourcetree $(DESTDIR)/usr/src --installtree $(DESTDIR)/lib/modules)
DKMS_SOURCE := $(DESTDIR)/usr/src/$(NAME)-$(VERSION)
DKMS_FILES := META Kbuild Makefile dkms.conf include virt x86 mmu emulate irqchip \
	vmx svm

.PHONY: all help clean check check-long check-static check-emulator check-kunit \
	bench-mmu bench-exits bench-boot check-amd check-intel check-install demo lab-shell \
	load unload install uninstall prepare need-root remove-dkms

# Debian keeps modinfo, insmod and dkms where a user's PATH does not look.
export PATH := $(PATH):/usr/sbin:/sbin

all:
	@test -n "$(KDIR)" || { echo "no kernel headers installed: apt-get \
	install linux-headers-amd64, or give KDIR=..."; exit 1; }
	@echo "building $(NAME).ko for $(KDIR)"
	@case "$(KDIR)" in /lib/modules/*) test -e \
		/lib/modules/$(shell uname -r)/build || echo "note: that is not \
	the running kernel; for that one: apt-get install linux-headers-$$(uname -r)" ;; esac
	@$(MAKE) --no-print-directory -s -C "$(KDIR)" M="$(CURDIR)" modules
	@echo "built: $(NAME).ko $(VERSION)"

help:
	@echo "  make                build $(NAME).ko (KDIR=the kernel's build tree)"
	@echo "  make demo           boot a host, load the module there, show it (VENDOR=amd|intel)"
	@echo "  make check          static, kunit, bench, amd, intel, install; installs the packages they need"
	@echo "  make check-static   sparse, checkpatch, W=1, kernel-doc, clang-format, docs, emulator"
	@echo "  make check-kunit    KUnit in a kernel with KASAN, lockdep, kmemleak"
	@echo "  make bench-mmu      the MMU's sizes and instruction counts, against their targets"
	@echo "  make bench-exits    instruction counts of guests' exits, beside stock KVM's"
	@echo "  make bench-boot     a boot of Linux in QEMU: instructions, exits by kind, beside stock KVM's"
	@echo "  make check-amd      on AMD-V hosts (qemu), with what takes too long for make check"
	@echo "  make check-intel    on VT-x hosts (bochs)"
	@echo "  make check-install  install and uninstall by DKMS, in a folder"
	@echo "  make check-emulator the emulator's tests beside the host's CPU, and fuzzing, for longer"
	@echo "  make check-long     make check, and what takes too long for it"
	@echo "  make lab-shell      a shell on such a host, module loaded (VENDOR=amd|intel)"
	@echo "  make load           load $(NAME).ko on this machine"
	@echo "  make unload         unload it"
	@echo "  make install        install by DKMS, and keep stock KVM away (KVER=, DESTDIR=)"
	@echo "  make uninstall      the reverse"
	@echo "  make clean          remove what was built here (not the cache of kernels)"

clean:
	@test -z "$(KDIR)" || $(MAKE) --no-print-directory -s -C "$(KDIR)" \
		M="$(CURDIR)" clean
	@rm -rf build tests/lab/__pycache__
	@echo "clean"

prepare:
	@tests/prepare.sh

check:
	@tests/check.sh static kunit bench amd intel install

check-long:
	@tests/check.sh static kunit bench amd amd-more intel install emulator boot long

check-amd:
	@tests/check.sh amd amd-more

check-static: prepare
	@tests/static.sh

check-emulator: prepare
	@tests/emulate/long.sh

check-install: prepare
	@tests/install.sh

check-kunit check-intel: check-%: prepare
	@$(LAB) run $*

bench-mmu: prepare
	@$(LAB) run bench

bench-exits: prepare
	@$(LAB) run exits

bench-boot: prepare
	@$(LAB) run boot

demo: prepare
	@$(LAB) demo $(VENDOR)

lab-shell: prepare
	@$(LAB) shell $(VENDOR)

need-root:
	@test "$$(id -u)" = 0 || { echo "this needs root"; exit 1; }

load: need-root all
	@echo "loading $(NAME).ko on this machine"
	@echo "$(NAME)-load $$$$" >/dev/kmsg
	@insmod ./$(NAME).ko || { echo "not loaded; what the kernel says:"; \
		dmesg | sed -n "/$(NAME)-load/h;/$(NAME)-load/!H;$$ {x;p}" | \
		grep -E "$(NAME): |Lockdown|disagrees|vermagic|magic"; exit 1; }
	@echo "loaded: /dev/kvm is $(NAME)'s"

unload: need-root
	@echo "unloading $(NAME)"
	@rmmod $(NAME)
	@echo "unloaded"

# Stock KVM is told to stay away last, once there is something in its place.
install: need-root remove-dkms
	@echo "installing $(NAME) $(VERSION) by DKMS for $(KVER)"
	@install -d "$(DKMS_SOURCE)" "$(DESTDIR)/etc/modprobe.d" \
		"$(DESTDIR)/etc/modules-load.d" \
		"$(DESTDIR)/usr/share/man/man4" "$(DESTDIR)/var/lib/dkms"
	@cp -r $(DKMS_FILES) "$(DKMS_SOURCE)"
	@$(DKMS) add -m $(NAME) -v $(VERSION)
	@$(DKMS) install -m $(NAME) -v $(VERSION) -k $(KVER)
	@install -m 0644 docs/$(NAME).4 "$(DESTDIR)/usr/share/man/man4"
	@install -m 0644 dist/modprobe.conf \
		"$(DESTDIR)/etc/modprobe.d/$(NAME).conf"
	@install -m 0644 dist/modules-load.conf \
		"$(DESTDIR)/etc/modules-load.d/$(NAME).conf"
	@echo "installed: loads at the next boot, or now by: modprobe -r kvm_intel kvm_amd kvm; modprobe $(NAME)"

uninstall: need-root
	@echo "uninstalling $(NAME)"
	@rm -f "$(DESTDIR)/etc/modprobe.d/$(NAME).conf" \
		"$(DESTDIR)/etc/modules-load.d/$(NAME).conf" \
		"$(DESTDIR)/usr/share/man/man4/$(NAME).4"
	@$(MAKE) --no-print-directory remove-dkms DESTDIR="$(DESTDIR)"
	@echo "uninstalled: stock KVM loads again at the next boot"

# Whatever version of ours DKMS has; nothing to do is no error.
remove-dkms:
	@for v in $$(ls "$(DESTDIR)/var/lib/dkms/$(NAME)" 2>/dev/null | \
		grep -E '^[0-9]+\.[0-9]+\.[0-9]+$$'); do \
		$(DKMS) remove -m $(NAME) -v $$v --all || exit 1; \
		rm -rf "$(DESTDIR)/usr/src/$(NAME)-$$v"; \
	done
	@rm -rf "$(DKMS_SOURCE)"
