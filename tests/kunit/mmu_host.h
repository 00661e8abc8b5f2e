/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_host.h - a host's MMU without a host: the rungs of the ladder it needs
 */
#ifndef TWINWALK_TESTS_MMU_HOST_H
#define TWINWALK_TESTS_MMU_HOST_H

#include "mmu/mmu.h"
#include "params.h"

/* A host with EPT, 5 levels and 2M pages; or, without @tdp, with neither. */
static inline int mmu_host_init(bool tdp)
{
	struct kvm_mmu_config config = {
		.tdp = tdp,
		.tdp_root_level = 5,
		.max_huge_level = KVM_MMU_LEVEL_2M,
	};

	kvm_param_tdp = true;
	kvm_param_tdp_mmu = true;
	kvm_mmu_x86_module_init();
	kvm_mmu_vendor_module_init();
	if (tdp)
		kvm_mmu_set_ept_masks(KVM_EPT_HAS_AD);
	kvm_configure_mmu(&config);
	return kvm_mmu_hardware_setup();
}

#endif
