/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_ops_list.h - the vendor hook table, one row a hook
 *
 * Included once for each thing made of the rows: struct kvm_x86_ops, the
 * static calls, their binding, the check that a vendor fills every mandatory
 * one.  The includer defines KVM_X86_OP(name, return type, arguments), and may
 * define KVM_X86_OP_OPTIONAL; both are undefined at the end.  No include guard,
 * on purpose.
 *
 * check_processor_compat
 *	Does the CPU that runs this offer just what the reference CPU offered when
 *	probe() looked?  Changes nothing.  Context: any, migration off.
 *	Return: 0, or -EIO after one line that names the difference.
 * hardware_enable
 *	Turn virtualisation on, on this CPU.  Context: IRQs off.
 *	Return: 0; -EBUSY, somebody else has it on; -EIO, the CPU refused.
 * hardware_disable
 *	The reverse; a CPU on which it is off is left alone.  Context: IRQs off.
 * emergency_disable
 *	As hardware_disable, for a kernel that is going down.  Context: NMI, on
 *	any CPU, whatever it was doing; takes no lock and trusts no variable.
 * post_hardware_enable_setup
 *	Setup that needs virtualisation on, on every CPU; runs once per load.
 *	Context: may sleep.  Return: 0, or an error, which fails the load.
 * hardware_unsetup
 *	The reverse of struct kvm_x86_vendor's hardware_setup.
 * show_host
 *	Print what the host offers, and what of it is used, a line each.
 */
#ifndef KVM_X86_OP_OPTIONAL
#define KVM_X86_OP_OPTIONAL KVM_X86_OP
#endif

KVM_X86_OP(check_processor_compat, int, (void));
KVM_X86_OP(hardware_enable, int, (void));
KVM_X86_OP(hardware_disable, void, (void));
KVM_X86_OP(emergency_disable, void, (void));
KVM_X86_OP_OPTIONAL(post_hardware_enable_setup, int, (void));
KVM_X86_OP(hardware_unsetup, void, (void));
KVM_X86_OP(show_host, void, (struct seq_file *));

#undef KVM_X86_OP
#undef KVM_X86_OP_OPTIONAL
