/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_ops_list.h - the vendor hook table, one row a hook
 *
 * Included once for each thing made of the rows: struct kvm_x86_ops, the
 * static calls, their binding, the check that a vendor fills every mandatory
 * one.  The includer defines KVM_X86_OP(name, return type, arguments), and may
 * define KVM_X86_OP_OPTIONAL and _VCPU; all are undefined at the end.  No include guard,
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
 *
 * What follows is KVM_X86_OP_VCPU: a vendor has all of it, or can't have vCPUs
 * and has none.  It is of a vCPU, whose mutex is held; "loaded" means that it is on
 * this CPU and stays there only as long as preemption is off.
 *
 * set_cpu_caps
 *	Add to, and take from, what guests may be offered (x86/cpuid.h), by what
 *	this vendor virtualises.  Once, at the end of the load's setup.
 * vcpu_create
 *	The vendor's part of a new vCPU, zeroed.  Return: 0 or -ENOMEM.
 * vcpu_free
 *	The reverse.
 * vcpu_reset
 *	RESET, or with @init_event INIT; x86's part is done already.
 * vcpu_after_set_cpuid
 *	The guest's CPUID is another.
 * vcpu_load
 *	The vCPU is on @cpu.  Preemption off.
 * vcpu_put
 *	The reverse.
 * prepare_switch_to_guest
 *	Put host state aside that the world switch does not.  IRQs off; called
 *	before each entry, cheap if done since vcpu_load.
 * vcpu_run
 *	Enter the guest and come back.  IRQs off before and after.
 * handle_exit_irqoff
 *	What has to be done before IRQs are on: the host's own interrupts.  If it
 *	was one of these, kvm_steal_time_boundary().
 * handle_exit
 *	What the guest left for.  IRQs and preemption on, srcu held.  Return: 1,
 *	enter again; 0, to userspace, with kvm_run filled in; or an error.
 * skip_emulated_instruction
 *	RIP behind the instruction that was intercepted; interrupt shadow gone.
 *	Return: 1; 0, its length can't be told: an exit to userspace is ready.
 * cache_reg
 *	Bring what vcpu->arch.regs_avail says is not up to date.
 * get_segment, set_segment
 *	@seg is enum kvm_segment_reg.
 * get_segment_base
 *	Only that.
 * get_cpl
 *	0 to 3.
 * get_cs_db_l_bits
 *	CS.D, CS.L
 * get_idt, set_idt, get_gdt, set_gdt
 *	Base and limit.
 * is_valid_cr0, is_valid_cr4
 *	Beyond what x86/regs checks.
 * set_cr0, set_cr4, set_efer
 *	Checked values; vcpu->arch.cr0 and the like are the hook's to set.
 * get_rflags, set_rflags
 *	As the guest sees them, but for TF of KVM_SET_GUEST_DEBUG (x86/regs.h).
 * get_if_flag
 *	RFLAGS.IF
 * set_dr7, sync_dirty_debug_regs, update_exception_bitmap
 *	DR7 that the guest runs with; get DR0-7 that it changed without an exit;
 *	vcpu->arch.guest_debug has changed.
 * load_mmu_pgd
 *	The root, and its level, for the next entry.
 * flush_tlb_all, flush_tlb_current, flush_tlb_gva, flush_tlb_guest
 *	All ASIDs of the vCPU; those of its root; one address; what the guest
 *	itself would flush.
 * inject_irq, inject_nmi, inject_exception
 *	Put vcpu->arch.event's interrupt, an NMI, its exception into the entry.
 *	@reinjected: it was given before.
 * cancel_injection
 *	The entry does not come: what was put into it is queued again.
 * interrupt_allowed, nmi_allowed
 *	May the guest be given one?  Return: 1; 0; -EBUSY, soon, without a window.
 * get_nmi_mask, set_nmi_mask
 *	NMIs are blocked by one that runs.
 * enable_irq_window, enable_nmi_window
 *	Exit when it is allowed.
 * smi_allowed, enable_smi_window
 *	As of NMIs.  In SMM there is no window: its end is one.
 * enter_smm
 *	The vCPU is in SMM from now on.  Its registers are still those of before.
 * get_interrupt_shadow, set_interrupt_shadow
 *	KVM_X86_SHADOW_INT_*
 * update_cr8_intercept
 *	@tpr: of the guest; @irr: the highest pending interrupt or -1.
 * get_msr, set_msr
 *	Those that x86/msr.c leaves to the vendor.  Return: 0; 1, #GP;
 *	KVM_MSR_RET_INVALID, there is no such MSR.
 * get_feature_msr
 *	Of the host.  Return: the same.
 * has_emulated_msr
 *	Does it work with this vendor?
 * msr_filter_changed
 *	What the guest accesses without an exit may have to change.
 * write_tsc_offset, write_tsc_multiplier
 *	Of the guest's TSC: guest = host * multiplier + offset.
 * get_exit_info
 *	For tracing and debugging: reason, two words of information, the event
 *	whose delivery it interrupted, its error code.
 * get_insn
 *	What the CPU told of the intercepted instruction's bytes.  Return: how
 *	many were written to @bytes; 0, none.
 * check_nested_events
 *	In guest mode, before anything is injected: an event that L1 intercepts is an
 *	exit to L1 instead.  Without the hook, as of the next three, there is no
 *	guest mode.  srcu held; may sleep.  Return: 0; -EBUSY, one is to come when
 *	what is being delivered has arrived.
 * nested_triple_fault
 *	In guest mode: L2 shuts down.  srcu held; may sleep.  Return: was that an
 *	exit to L1?
 * init_blocked
 *	Has an INIT to wait, for L1 to take it or to let it in?  Any context.
 * emulation_intercepted
 *	In guest mode: shall the CPU execute it, since L1 may want to see it?
 *
 * And of a VM:
 *
 * pi_update_irte
 *	A host interrupt is a GSI of the VM, or with @set false is not any more: it
 *	may be posted to the guest without the host's handler.  Without the hook,
 *	none is.  May sleep.  Return: 0 or an error.
 */
#ifndef KVM_X86_OP_OPTIONAL
#define KVM_X86_OP_OPTIONAL KVM_X86_OP
#endif
#ifndef KVM_X86_OP_VCPU
#define KVM_X86_OP_VCPU KVM_X86_OP
#endif

/* clang-format off */
KVM_X86_OP(check_processor_compat, int, (void));
KVM_X86_OP(hardware_enable, int, (void));
KVM_X86_OP(hardware_disable, void, (void));
KVM_X86_OP(emergency_disable, void, (void));
KVM_X86_OP_OPTIONAL(post_hardware_enable_setup, int, (void));
KVM_X86_OP(hardware_unsetup, void, (void));
KVM_X86_OP(show_host, void, (struct seq_file *));
KVM_X86_OP_VCPU(set_cpu_caps, void, (void));
KVM_X86_OP_VCPU(vcpu_create, int, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(vcpu_free, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(vcpu_reset, void, (struct kvm_vcpu *vcpu, bool init_event));
KVM_X86_OP_VCPU(vcpu_after_set_cpuid, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(vcpu_load, void, (struct kvm_vcpu *vcpu, int cpu));
KVM_X86_OP_VCPU(vcpu_put, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(prepare_switch_to_guest, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(vcpu_run, enum kvm_exit_fastpath, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(handle_exit_irqoff, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(handle_exit, int,
		(struct kvm_vcpu *vcpu, enum kvm_exit_fastpath fastpath));
KVM_X86_OP_VCPU(skip_emulated_instruction, int, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(cache_reg, void, (struct kvm_vcpu *vcpu, enum kvm_reg reg));
KVM_X86_OP_VCPU(get_segment, void,
		(struct kvm_vcpu *vcpu, struct kvm_segment *var, int seg));
KVM_X86_OP_VCPU(set_segment, void,
		(struct kvm_vcpu *vcpu, const struct kvm_segment *var, int seg));
KVM_X86_OP_VCPU(get_segment_base, u64, (struct kvm_vcpu *vcpu, int seg));
KVM_X86_OP_VCPU(get_cpl, int, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(get_cs_db_l_bits, void, (struct kvm_vcpu *vcpu, int *db, int *l));
KVM_X86_OP_VCPU(get_idt, void, (struct kvm_vcpu *vcpu, struct desc_ptr *dt));
KVM_X86_OP_VCPU(set_idt, void, (struct kvm_vcpu *vcpu, const struct desc_ptr *dt));
KVM_X86_OP_VCPU(get_gdt, void, (struct kvm_vcpu *vcpu, struct desc_ptr *dt));
KVM_X86_OP_VCPU(set_gdt, void, (struct kvm_vcpu *vcpu, const struct desc_ptr *dt));
KVM_X86_OP_VCPU(is_valid_cr0, bool, (struct kvm_vcpu *vcpu, unsigned long cr0));
KVM_X86_OP_VCPU(is_valid_cr4, bool, (struct kvm_vcpu *vcpu, unsigned long cr4));
KVM_X86_OP_VCPU(set_cr0, void, (struct kvm_vcpu *vcpu, unsigned long cr0));
KVM_X86_OP_VCPU(set_cr4, void, (struct kvm_vcpu *vcpu, unsigned long cr4));
KVM_X86_OP_VCPU(set_efer, int, (struct kvm_vcpu *vcpu, u64 efer));
KVM_X86_OP_VCPU(get_rflags, unsigned long, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(set_rflags, void, (struct kvm_vcpu *vcpu, unsigned long rflags));
KVM_X86_OP_VCPU(get_if_flag, bool, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(set_dr7, void, (struct kvm_vcpu *vcpu, unsigned long value));
KVM_X86_OP_VCPU(sync_dirty_debug_regs, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(update_exception_bitmap, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(load_mmu_pgd, void,
		(struct kvm_vcpu *vcpu, hpa_t root_hpa, int root_level));
KVM_X86_OP_VCPU(flush_tlb_all, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(flush_tlb_current, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(flush_tlb_gva, void, (struct kvm_vcpu *vcpu, gva_t addr));
KVM_X86_OP_VCPU(flush_tlb_guest, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(inject_irq, void, (struct kvm_vcpu *vcpu, bool reinjected));
KVM_X86_OP_VCPU(inject_nmi, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(inject_exception, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(cancel_injection, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(interrupt_allowed, int, (struct kvm_vcpu *vcpu, bool for_injection));
KVM_X86_OP_VCPU(nmi_allowed, int, (struct kvm_vcpu *vcpu, bool for_injection));
KVM_X86_OP_VCPU(get_nmi_mask, bool, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(set_nmi_mask, void, (struct kvm_vcpu *vcpu, bool masked));
KVM_X86_OP_VCPU(enable_irq_window, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(enable_nmi_window, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(smi_allowed, int, (struct kvm_vcpu *vcpu, bool for_injection));
KVM_X86_OP_VCPU(enable_smi_window, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(enter_smm, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(get_interrupt_shadow, u32, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(set_interrupt_shadow, void, (struct kvm_vcpu *vcpu, u32 mask));
KVM_X86_OP_VCPU(update_cr8_intercept, void,
		(struct kvm_vcpu *vcpu, int tpr, int irr));
KVM_X86_OP_VCPU(get_msr, int, (struct kvm_vcpu *vcpu, struct msr_data *msr));
KVM_X86_OP_VCPU(set_msr, int, (struct kvm_vcpu *vcpu, struct msr_data *msr));
KVM_X86_OP_VCPU(get_feature_msr, int, (u32 index, u64 *data));
KVM_X86_OP_VCPU(has_emulated_msr, bool, (u32 index));
KVM_X86_OP_VCPU(msr_filter_changed, void, (struct kvm_vcpu *vcpu));
KVM_X86_OP_VCPU(write_tsc_offset, void, (struct kvm_vcpu *vcpu, u64 offset));
KVM_X86_OP_VCPU(write_tsc_multiplier, void, (struct kvm_vcpu *vcpu, u64 multiplier));
KVM_X86_OP_VCPU(get_exit_info, void,
		(struct kvm_vcpu *vcpu, struct kvm_exit_info *info));
KVM_X86_OP_VCPU(get_insn, unsigned int, (struct kvm_vcpu *vcpu, u8 *bytes));
KVM_X86_OP_OPTIONAL(check_nested_events, int, (struct kvm_vcpu *vcpu));
KVM_X86_OP_OPTIONAL(nested_triple_fault, bool, (struct kvm_vcpu *vcpu));
KVM_X86_OP_OPTIONAL(init_blocked, bool, (struct kvm_vcpu *vcpu));
KVM_X86_OP_OPTIONAL(emulation_intercepted, bool,
		    (struct kvm_vcpu *vcpu, const struct kvm_insn *insn));
KVM_X86_OP_OPTIONAL(pi_update_irte, int,
		    (struct kvm *kvm, unsigned int host_irq, u32 gsi, bool set));
/* clang-format on */

#undef KVM_X86_OP
#undef KVM_X86_OP_OPTIONAL
#undef KVM_X86_OP_VCPU
