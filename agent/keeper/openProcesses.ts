import { readFileSync } from 'node:fs';
import type { Paths } from '../paths.ts';
import { findCgroupRoot, Scopes } from './cgroups.ts';
import { demoVms } from './demoProcesses.ts';
import { HostProcesses } from './hostProcesses.ts';
import { ProcFs } from './procfs.ts';
import { libvirtVms } from './vmKind.ts';

/** The processes of a real host, or the demo VMs of a demo host. */
export function openProcesses(paths: Paths): HostProcesses {
  const mounts = readFileSync('/proc/self/mounts', 'latin1');
  const cgroupRoot = paths.root === null ? findCgroupRoot(mounts) : null;
  return new HostProcesses({
    proc: new ProcFs(),
    kind: paths.root === null ? libvirtVms : demoVms(paths.root),
    scopes: cgroupRoot === null ? null : new Scopes(cgroupRoot),
    startsDir: paths.startsDir,
  });
}
