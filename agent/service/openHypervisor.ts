import { DemoHypervisor } from '../hypervisor/demo.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt.ts';
import type { Paths } from '../paths.ts';
import type { HostSettings } from '../protocol/group.ts';

export interface OpenHypervisorOptions {
  readonly paths: Paths;
  readonly settings: HostSettings;
  readonly bootId: string;
  readonly self: readonly string[];
  readonly nowMs: () => number;
}

/** The hypervisor that this host's settings name. Throws when a demo one is asked for outside of a demo root. */
export function openHypervisor({ paths, settings, bootId, self, nowMs }: OpenHypervisorOptions): Hypervisor {
  const { areaPath, hostName } = settings;
  if (settings.hypervisor === 'libvirt') return new LibvirtHypervisor({ areaPath });
  if (paths.root === null) throw new Error('a demo hypervisor needs a demo root');
  return new DemoHypervisor({ root: paths.root, paths, hostName, bootId, areaPath, self, nowMs });
}
