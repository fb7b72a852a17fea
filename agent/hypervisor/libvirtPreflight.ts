import {
  type Connection,
  compareCpu,
  compareHypervisorCpu,
  type Domain,
  getCapabilities,
  getDomainCapabilities,
  isLibvirtError,
  listNetworks,
} from '../node-libvirt/index.ts';
import { cpuOf, describeDomain, emulatorOf } from './domainXml.ts';
import type { Departure, PreflightOrder } from './hypervisor.ts';
import { liveXml } from './definitionWatch.ts';
import { inspectDomain } from './libvirtDefinitions.ts';
import { againstArriving, againstLeaving, type TargetFacts } from './livePreflight.ts';
import { bridgesHere, placementsHere } from './places.ts';

/** With these the guest has its host's own processor, and what counts is whether the other host's is as good. */
const OF_THE_HOST = new Set(['host-passthrough', 'maximum']);

/** The running guest as it is now, and what keeps it from leaving this host. */
export async function departure(
  connection: Connection,
  domain: Domain,
  areaPath: string,
  deadlineMs: number,
): Promise<Departure> {
  const [xml, { running, places }, capabilities] = await Promise.all([
    liveXml(connection, domain, deadlineMs),
    inspectDomain(connection, domain, areaPath, deadlineMs),
    getCapabilities(connection, { deadlineMs }),
  ]);
  if (xml === null || running === null) throw new Error('it does not run here');
  const hostCpu = OF_THE_HOST.has(running.cpuMode) ? cpuOf(capabilities) : null;
  return { xml, hostCpu, against: againstLeaving(running, places) };
}

/** What keeps a guest of another host from coming to this one. Begins nothing, and touches nothing on the store. */
export async function arrival(
  connection: Connection,
  { xml, hostCpu, hostName }: PreflightOrder,
  areaPath: string,
  deadlineMs: number,
) {
  const placementOf = placementsHere(areaPath);
  const running = describeDomain(xml, { autostart: false, hasSnapshots: false, placementOf });
  const emulator = { ...emulatorOf(xml), deadlineMs };
  const { machine, ...anyMachine } = emulator;
  const [emulatorProblem, machineProblem, cpu, networks, bridges] = await Promise.all([
    problemOf(() => getDomainCapabilities(connection, anyMachine)),
    machine === undefined ? null : problemOf(() => getDomainCapabilities(connection, emulator)),
    compare(connection, hostCpu, cpuOf(xml), emulator),
    listNetworks(connection, { active: true, deadlineMs }),
    bridgesHere(),
  ]);
  const places = { bridges, networks: networks.map(({ name }) => name) };
  return againstArriving(running, hostName, { emulatorProblem, machineProblem, cpu, places });
}

/** Only libvirt's own refusal is an answer. One that takes its time leaves it open: the move itself will tell. */
async function problemOf(ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await ask();
    return null;
  } catch (error) {
    return isLibvirtError(error) ? error.message.replace(/\.$/, '') : null;
  }
}

/** A libvirt that can't compare leaves it open as well. */
async function compare(
  connection: Connection,
  hostCpu: string | null,
  guestCpu: string | null,
  emulator: ReturnType<typeof emulatorOf> & { readonly deadlineMs: number },
): Promise<TargetFacts['cpu']> {
  if (hostCpu === null && guestCpu === null) return null;
  try {
    const found =
      hostCpu === null
        ? await compareHypervisorCpu(connection, guestCpu ?? '', emulator)
        : await compareCpu(connection, hostCpu, { deadlineMs: emulator.deadlineMs });
    if (found === 'error') return null;
    return found === 'incompatible' ? 'differs' : 'fits';
  } catch {
    return null;
  }
}
