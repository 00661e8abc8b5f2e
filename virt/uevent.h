/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uevent.h - the kernel's events of VMs, for udev
 *
 * Owns: how many VMs there are, and have been.  A VM that is made or destroyed is
 * a "change" of /dev/kvm, with CREATED=, COUNT=, EVENT=create or destroy, PID=
 * of who made it, and STATS_PATH= in debugfs, if it has one.
 *
 * Locking: a mutex of its own, for the two numbers.
 */
#ifndef TWINWALK_VIRT_UEVENT_H
#define TWINWALK_VIRT_UEVENT_H

struct kvm;

/** kvm_uevent_created() - before its descriptor works; may sleep */
void kvm_uevent_created(struct kvm *kvm);

/** kvm_uevent_destroyed() - nothing, of a VM that was never announced; may sleep */
void kvm_uevent_destroyed(struct kvm *kvm);

#endif
