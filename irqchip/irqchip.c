// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqchip.c - making interrupt controllers, and what a vCPU asks of them
 *
 * Owns: see irqchip.h.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "irqchip/apic_map.h"
#include "irqchip/ioapic.h"
#include "irqchip/irqchip.h"
#include "irqchip/irqfd.h"
#include "irqchip/lapic.h"
#include "irqchip/pic.h"
#include "irqchip/pit.h"
#include "irqchip/routing.h"

void kvm_irqchip_init_vm(struct kvm *kvm)
{
	mutex_init(&kvm->arch.irqchip.irq_lock);
	mutex_init(&kvm->arch.irqchip.map_lock);
	kvm_irqfd_init_vm(kvm);
}

void kvm_irqchip_destroy_vm(struct kvm *kvm)
{
	struct kvm_vm_irqchip *chip = &kvm->arch.irqchip;

	kvm_irqfd_destroy_vm(kvm);
	kvm_pit_destroy(kvm);
	mutex_lock(&kvm->slots_lock);
	kvm_ioapic_destroy(kvm);
	kvm_pic_destroy(kvm);
	mutex_unlock(&kvm->slots_lock);
	kvm_route_destroy(kvm);
	/* Nobody reads it any more. */
	kvfree(rcu_replace_pointer(chip->map, NULL, true));
}

/* kvm->lock is held, and nothing is published yet. */
static int create_chips(struct kvm *kvm)
{
	int r;

	mutex_lock(&kvm->slots_lock);
	r = kvm_pic_create(kvm);
	if (r)
		goto out;
	r = kvm_ioapic_create(kvm);
	if (r)
		goto out_pic;
	r = kvm_route_default(kvm);
	if (!r)
		goto out;

	kvm_ioapic_destroy(kvm);
out_pic:
	kvm_pic_destroy(kvm);
out:
	mutex_unlock(&kvm->slots_lock);
	return r;
}

/* After a vCPU, each way of making one has its own errno: @late. */
static int may_create(struct kvm *kvm, int late)
{
	lockdep_assert_held(&kvm->lock);
	if (irqchip_in_kernel(kvm))
		return -EEXIST;
	return kvm->created_vcpus ? late : 0;
}

long kvm_vm_ioctl_create_irqchip(struct kvm *kvm, void *data)
{
	int r;

	mutex_lock(&kvm->lock);
	r = may_create(kvm, -EINVAL);
	if (!r)
		r = create_chips(kvm);
	if (!r)
		/* Who sees it sees the chips. */
		smp_store_release(&kvm->arch.irqchip_mode, KVM_IRQCHIP_KERNEL);
	mutex_unlock(&kvm->lock);
	return r;
}

int kvm_enable_split_irqchip(struct kvm *kvm, u64 nr_pins)
{
	int r;

	if (nr_pins > KVM_MAX_IRQ_ROUTES)
		return -EINVAL;
	mutex_lock(&kvm->lock);
	r = may_create(kvm, -EEXIST);
	if (!r)
		r = kvm_route_empty(kvm);
	if (!r) {
		kvm->arch.irqchip.nr_ioapic_pins = nr_pins;
		/* Who sees it sees the table. */
		smp_store_release(&kvm->arch.irqchip_mode, KVM_IRQCHIP_SPLIT);
	}
	mutex_unlock(&kvm->lock);
	return r;
}

int kvm_enable_x2apic_api(struct kvm *kvm, u64 flags)
{
	if (flags & ~(KVM_X2APIC_API_USE_32BIT_IDS |
		      KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK))
		return -EINVAL;
	if (flags & KVM_X2APIC_API_USE_32BIT_IDS)
		kvm->arch.irqchip.x2apic_format = true;
	if (flags & KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK)
		kvm->arch.irqchip.x2apic_no_broadcast_quirk = true;
	return 0;
}

long kvm_vm_ioctl_set_boot_cpu_id(struct kvm *kvm, void *data)
{
	int r = -EBUSY;

	if ((unsigned long)data >= KVM_MAX_VCPU_IDS)
		return -EINVAL;
	mutex_lock(&kvm->lock);
	if (!kvm->created_vcpus) {
		kvm->arch.irqchip.bsp_vcpu_id = (unsigned long)data;
		r = 0;
	}
	mutex_unlock(&kvm->lock);
	return r;
}

long kvm_vm_ioctl_get_irqchip(struct kvm *kvm, void *data)
{
	struct kvm_irqchip *chip = data;

	if (!irqchip_full(kvm))
		return -ENXIO;
	switch (chip->chip_id) {
	case KVM_IRQCHIP_PIC_MASTER:
	case KVM_IRQCHIP_PIC_SLAVE:
		kvm_pic_get(kvm, chip->chip_id, &chip->chip.pic);
		return 0;
	case KVM_IRQCHIP_IOAPIC:
		kvm_ioapic_get(kvm, &chip->chip.ioapic);
		return 0;
	default:
		return -EINVAL;
	}
}

long kvm_vm_ioctl_set_irqchip(struct kvm *kvm, void *data)
{
	const struct kvm_irqchip *chip = data;

	if (!irqchip_full(kvm))
		return -ENXIO;
	switch (chip->chip_id) {
	case KVM_IRQCHIP_PIC_MASTER:
	case KVM_IRQCHIP_PIC_SLAVE:
		kvm_pic_set(kvm, chip->chip_id, &chip->chip.pic);
		return 0;
	case KVM_IRQCHIP_IOAPIC:
		kvm_ioapic_set(kvm, &chip->chip.ioapic);
		return 0;
	default:
		return -EINVAL;
	}
}

/* What a vCPU asks */

bool kvm_cpu_has_extint(struct kvm_vcpu *vcpu)
{
	if (!lapic_in_kernel(vcpu))
		return vcpu->arch.event.interrupt.injected;
	if (!kvm_apic_accepts_pic(vcpu))
		return false;
	if (irqchip_split(vcpu->kvm))
		return READ_ONCE(vcpu->arch.apic->external_vector) >= 0;
	return kvm_pic_output(vcpu->kvm);
}

bool kvm_cpu_has_interrupt(struct kvm_vcpu *vcpu)
{
	return kvm_cpu_has_extint(vcpu) ||
	       (lapic_in_kernel(vcpu) && kvm_apic_has_interrupt(vcpu) >= 0);
}

bool kvm_cpu_has_injectable_intr(struct kvm_vcpu *vcpu)
{
	return kvm_cpu_has_interrupt(vcpu);
}

static int get_extint(struct kvm_vcpu *vcpu)
{
	int vector;

	if (!lapic_in_kernel(vcpu))
		return vcpu->arch.event.interrupt.nr;
	if (!irqchip_split(vcpu->kvm))
		return kvm_pic_read_irq(vcpu->kvm);
	vector = vcpu->arch.apic->external_vector;
	WRITE_ONCE(vcpu->arch.apic->external_vector, -1);
	return vector;
}

int kvm_cpu_get_interrupt(struct kvm_vcpu *vcpu)
{
	int vector;

	/* ExtINT is not ranked among the APIC's vectors; it goes first. */
	if (kvm_cpu_has_extint(vcpu))
		return get_extint(vcpu);
	if (!lapic_in_kernel(vcpu))
		return -1;
	vector = kvm_apic_has_interrupt(vcpu);
	if (vector >= 0)
		kvm_apic_ack_interrupt(vcpu, vector);
	return vector;
}

int kvm_split_set_extint(struct kvm_vcpu *vcpu, u8 vector)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (apic->external_vector >= 0)
		return -EEXIST;
	WRITE_ONCE(apic->external_vector, vector);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 0;
}

int kvm_ioapic_eoi_exit(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic || apic->pending_ioapic_eoi < 0)
		return 1;
	vcpu->run->exit_reason = KVM_EXIT_IOAPIC_EOI;
	vcpu->run->eoi.vector = apic->pending_ioapic_eoi;
	apic->pending_ioapic_eoi = -1;
	return 0;
}
