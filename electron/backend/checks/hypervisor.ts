import type { HostFacts } from '../facts/facts.ts';
import { type Check, failed, pass, warn } from './check.ts';

/** Events and the calls that the agent can't do without are there since then (RHEL 8, Debian 10, Ubuntu 20.04). */
const MIN_LIBVIRT: readonly [number, number] = [5, 0];
/** From here on libvirt runs every script in hooks/qemu.d. */
const HOOK_FOLDER_SINCE: readonly [number, number] = [6, 5];

export function atLeast(found: readonly [number, number], wanted: readonly [number, number]): boolean {
  return found[0] > wanted[0] || (found[0] === wanted[0] && found[1] >= wanted[1]);
}

/** Whether this host's libvirt looks into hooks/qemu.d; otherwise our hook has to take the place of hooks/qemu. */
export function hasHookFolder(facts: Pick<HostFacts, 'libvirtVersion'>): boolean {
  return facts.libvirtVersion !== null && atLeast(facts.libvirtVersion, HOOK_FOLDER_SINCE);
}

/** libvirt and QEMU. Pure. */
export function hypervisorChecks(facts: HostFacts): Check[] {
  return [libvirt(facts), socket(facts), qemu(facts), kvm(facts)];
}

function libvirt(facts: HostFacts): Check {
  const base = {
    id: 'hypervisor.libvirt',
    group: 'hypervisor' as const,
    host: facts.name,
    title: 'libvirt is installed',
  };
  if (facts.libvirtDaemon === null || facts.libvirtVersion === null) {
    return failed(base, 'not found', {
      code: 'host.no-libvirt',
      message: `${facts.name} has no libvirt.`,
      fix: 'Install it: apt install libvirt-daemon-system, or dnf install libvirt.',
    });
  }
  const evidence = `${facts.libvirtDaemon} ${facts.libvirtVersion.join('.')}`;
  if (atLeast(facts.libvirtVersion, MIN_LIBVIRT)) return pass(base, evidence);
  return failed(base, evidence, {
    code: 'host.libvirt-too-old',
    message: `${facts.name} has ${evidence}; ${MIN_LIBVIRT.join('.')} or newer is needed.`,
    fix: 'Update the host.',
  });
}

function socket(facts: HostFacts): Check {
  const base = {
    id: 'hypervisor.socket',
    group: 'hypervisor' as const,
    host: facts.name,
    title: 'libvirt answers on this host',
  };
  if (facts.libvirtSocket !== null) return pass(base, facts.libvirtSocket);
  return failed(base, 'no socket in /run/libvirt', {
    code: 'host.libvirt-not-running',
    message: `libvirt is not running on ${facts.name}.`,
    fix: 'Start it: systemctl enable --now libvirtd (or virtqemud.socket).',
  });
}

function qemu(facts: HostFacts): Check {
  const base = {
    id: 'hypervisor.qemu',
    group: 'hypervisor' as const,
    host: facts.name,
    title: 'QEMU is installed',
  };
  if (facts.qemu !== null) return pass(base, facts.qemu.replace(/^QEMU emulator version /, 'QEMU '));
  return failed(base, 'not found', {
    code: 'host.no-qemu',
    message: `${facts.name} has no QEMU for its own processor.`,
    fix: 'Install it: apt install qemu-system-x86, or dnf install qemu-kvm.',
  });
}

function kvm(facts: HostFacts): Check {
  const base = {
    id: 'hypervisor.kvm',
    group: 'hypervisor' as const,
    host: facts.name,
    title: 'The processor runs VMs',
  };
  if (facts.hasKvm) return pass(base, '/dev/kvm');
  return warn(base, 'no /dev/kvm', {
    code: 'host.no-kvm',
    message: `${facts.name} can't run VMs with the help of its processor.`,
    meaning:
      'Virtualization is switched off in its firmware, or its module is not loaded. A VM that is defined for KVM, as nearly all are, would not start there after a failover.',
    fix: 'Switch on VT-x or AMD-V in the firmware, then load kvm_intel or kvm_amd.',
  });
}

/** What two hosts need in common so that a VM of one starts on the other. Pure. */
export function hypervisorsTogether(all: readonly HostFacts[]): Check[] {
  const base = {
    id: 'hypervisor.same-cpu',
    group: 'hypervisor' as const,
    host: null,
    title: 'The hosts have the same processor model',
  };
  const evidence = all.map((facts) => `${facts.name}: ${facts.cpuModel || facts.arch}`).join('; ');
  if (new Set(all.map((facts) => facts.arch)).size > 1) {
    return [
      failed(base, evidence, {
        code: 'hosts.different-architecture',
        message: 'The hosts have different kinds of processors: a VM of one can not start on the other.',
        fix: 'Use hosts of one architecture in a group.',
      }),
    ];
  }
  if (new Set(all.map((facts) => facts.cpuModel)).size === 1) return [pass(base, evidence)];
  return [
    warn(base, evidence, {
      code: 'hosts.different-cpu',
      message: 'The hosts have different processor models.',
      meaning:
        'A VM with the CPU mode host-passthrough may not start, or run differently, on the other host.',
      fix: 'Give the protected VMs a CPU model that both have (mode custom or host-model).',
    }),
  ];
}
