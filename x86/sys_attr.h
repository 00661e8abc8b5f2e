/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sys_attr.h - attributes of the system (KVM_CAP_SYS_ATTRIBUTES)
 *
 * Locking: none; what they tell is constant.
 */
#ifndef TWINWALK_X86_SYS_ATTR_H
#define TWINWALK_X86_SYS_ATTR_H

/* KVM_HAS_DEVICE_ATTR and KVM_GET_DEVICE_ATTR of /dev/kvm. */
long kvm_dev_ioctl_has_device_attr(void __user *argp);
long kvm_dev_ioctl_get_device_attr(void __user *argp);

#endif
