import { hardwareId, type HostFacts } from '../facts/facts.ts';
import { type Check, failed, pass, warn } from './check.ts';

/** Nothing is decided by wall clocks; beyond this the event logs of two hosts no longer read in order. */
const CLOCKS_WARN_MS = 2_000;
/** Beyond this certificates, NFS and people are confused too: somebody has to set the clock first. */
const CLOCKS_FAIL_MS = 60_000;

/** What only shows when several hosts are compared. Pure. */
export function togetherChecks(all: readonly HostFacts[]): Check[] {
  return [distinct(all), clocks(all), ...all.map(synchronized)];
}

function distinct(all: readonly HostFacts[]): Check {
  const base = {
    id: 'hosts.distinct',
    group: 'host' as const,
    host: null,
    title: 'The hosts are different machines',
  };
  const twins = (name: string, value: (facts: HostFacts) => string): string | undefined => {
    for (const facts of all) {
      const twin = all.find(
        (other) => other !== facts && value(facts) !== '' && value(other) === value(facts),
      );
      if (twin !== undefined) return `${facts.name} and ${twin.name} have the same ${name}`;
    }
    return undefined;
  };
  const same =
    twins('boot id: it is one machine under two names', (facts) => facts.bootId) ??
    twins('machine id', (facts) => facts.machineId) ??
    twins('DMI UUID', (facts) => facts.dmiUuid) ??
    twins('hardware id', hardwareId);
  if (same === undefined) return pass(base, all.map((facts) => facts.machineId.slice(0, 8)).join(', '));
  return failed(base, same, {
    code: 'hosts.same-machine-id',
    message: `${same}.`,
    meaning: 'A proof that one is dead would count for the other. Cloned installations are often like that.',
    fix: 'On one of them: rm /etc/machine-id, systemd-machine-id-setup, reboot. Two equal DMI UUIDs are set in the firmware.',
  });
}

function clocks(all: readonly HostFacts[]): Check {
  const base = { id: 'time.apart', group: 'time' as const, host: null, title: 'The clocks agree' };
  const offsets = all.map((facts) => facts.clockOffsetMs);
  const apartMs = Math.max(...offsets) - Math.min(...offsets);
  const uncertaintyMs = all.reduce((sum, facts) => sum + facts.clockUncertaintyMs, 0);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const evidence = `${seconds(apartMs)} apart (measured to ${seconds(uncertaintyMs)})`;
  if (apartMs - uncertaintyMs <= CLOCKS_WARN_MS) return pass(base, evidence);
  const failure = {
    code: 'hosts.clocks-apart',
    message: `The clocks of the hosts are ${seconds(apartMs)} apart.`,
    meaning: 'No decision depends on it, but the events of two hosts can not be read in order.',
    fix: 'Let both synchronize with the same time server (systemd-timesyncd or chrony).',
  };
  if (apartMs - uncertaintyMs > CLOCKS_FAIL_MS) return failed(base, evidence, failure, true);
  return warn(base, evidence, failure);
}

function synchronized(facts: HostFacts): Check {
  const base = {
    id: 'time.synchronized',
    group: 'time' as const,
    host: facts.name,
    title: 'The clock is synchronized',
  };
  if (facts.clockSynchronized === true) return pass(base, 'by NTP');
  return warn(base, facts.clockSynchronized === null ? 'not told' : 'no', {
    code: 'host.clock-not-synchronized',
    message: `The clock of ${facts.name} is not synchronized.`,
    meaning: 'No decision depends on it; the times in the event log may be wrong.',
    fix: 'Enable systemd-timesyncd or chrony there.',
  });
}
