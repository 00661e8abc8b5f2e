/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pit.h - the 8254 of a VM
 *
 * Owns: struct kvm_pit: three counters at ports 0x40 to 0x43, the speaker's port
 * 0x61, and the interrupt of counter 0.  8254 data sheet.
 *
 * Locking: its mutex for the counters.  Ticks come by an hrtimer and are given by
 * a kernel thread, kvm-pit/PID, so that what a guest makes of IRQ 0 is not done
 * with interrupts off.
 *
 * With reinjection, a tick that comes while the last is not at its EOI yet waits.
 */
#ifndef TWINWALK_PIT_H
#define TWINWALK_PIT_H

#include <linux/kvm.h>
#include <linux/types.h>

struct kvm;

#define KVM_PIT_FREQ 1193182 /* Hz */

/* The pure part: a counter is the state that userspace sees. */

/** kvm_pit_ticks() - counts in so many ns */
u64 kvm_pit_ticks(s64 ns);

/** kvm_pit_ns() - ns of so many counts, rounded up */
u64 kvm_pit_ns(u64 ticks);

/**
 * kvm_pit_count() - what the counting element has
 * @c: the counter
 * @ticks: since it was loaded
 */
u16 kvm_pit_count(const struct kvm_pit_channel_state *c, u64 ticks);

/** kvm_pit_output() - the output pin */
bool kvm_pit_output(const struct kvm_pit_channel_state *c, u64 ticks);

/**
 * kvm_pit_chan_write() - the guest writes a counter's port
 * @c: the counter
 * @val: what
 * @count: filled, if the answer is true
 *
 * Return: true, the count is complete: @count is to be loaded.
 */
bool kvm_pit_chan_write(struct kvm_pit_channel_state *c, u8 val, u32 *count);

/** kvm_pit_chan_read() - the guest reads it */
u8 kvm_pit_chan_read(struct kvm_pit_channel_state *c, u64 ticks);

/**
 * kvm_pit_control() - the guest writes the control word's port
 * @channels: all three
 * @val: what
 * @ticks: of each, since it was loaded
 *
 * Return: the counter whose mode was set, whose timer is off; or -1.
 */
int kvm_pit_control(struct kvm_pit_channel_state *channels, u8 val,
		    const u64 *ticks);

/** kvm_pit_destroy() - also if there is none; nobody has the VM */
void kvm_pit_destroy(struct kvm *kvm);

/* ioctls of a VM */
long kvm_vm_ioctl_create_pit(struct kvm *kvm, void *data);
long kvm_vm_ioctl_create_pit2(struct kvm *kvm, void *data);
long kvm_vm_ioctl_get_pit(struct kvm *kvm, void *data);
long kvm_vm_ioctl_set_pit(struct kvm *kvm, void *data);
long kvm_vm_ioctl_get_pit2(struct kvm *kvm, void *data);
long kvm_vm_ioctl_set_pit2(struct kvm *kvm, void *data);
long kvm_vm_ioctl_reinject_control(struct kvm *kvm, void *data);

#endif
