/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86.h - what the files of x86/ offer one another and the vendors
 */
#ifndef TWINWALK_X86_H
#define TWINWALK_X86_H

/**
 * kvm_x86_set_reference_cpu() - all CPUs shall be like this one
 *
 * Context: module load, migration off.
 */
void kvm_x86_set_reference_cpu(void);

/** kvm_x86_reference_cpu() - which one that was */
unsigned int kvm_x86_reference_cpu(void);

/**
 * kvm_x86_check_features() - compare this CPU with the reference CPU
 *
 * Whatever the vendor: address width, and the features that a vCPU which moves
 * between CPUs takes for granted.
 *
 * Context: any, with migration off.
 * Return: 0, or -EIO after one line that names the first difference.
 */
int kvm_x86_check_features(void);

#endif
