/**
 * Measures agent/node-libvirt against spawning virsh, on the same private libvirtd, in one run. Needs root, libvirtd, virsh
 * and QEMU. Prints readable text and, at the end, one line of JSON.
 *
 * Run: node test/bench/libvirt.ts
 */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import * as libvirt from '../../agent/node-libvirt/index.ts';
import { startPrivateDaemon } from '../../agent/node-libvirt/testing/daemon.ts';
import { guestXml } from '../../agent/node-libvirt/testing/guests.ts';

const WARM_UP_CALLS = 2000;
const CALLS = 20_000;
const VIRSH_RUNS = 100;
const VIRSH_DEADLINE_MS = 10_000;

interface Latency {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const run = promisify(execFile);

function latency(samplesMs: readonly number[], totalMs: number): Latency {
  const sorted = samplesMs.toSorted((one, other) => one - other);
  const at = (share: number): number => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 1000);
  return { perSecond: Math.round((samplesMs.length / totalMs) * 1000), p50Us: at(0.5), p99Us: at(0.99) };
}

/** Runs an action so many times, so many of them at once. */
async function measure(count: number, atOnce: number, action: () => Promise<unknown>): Promise<Latency> {
  const samples: number[] = [];
  const startMs = performance.now();
  const worker = async (): Promise<void> => {
    while (samples.length < count) {
      const before = performance.now();
      await action();
      samples.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return latency(samples, performance.now() - startMs);
}

const row = (name: string, { perSecond, p50Us, p99Us }: Latency): string =>
  `${name.padEnd(44)}${String(perSecond).padStart(10)}${String(p50Us).padStart(12)}${String(p99Us).padStart(12)}`;

const daemon = await startPrivateDaemon('bench');
try {
  await using connection = await libvirt.connect({ socketPath: daemon.socketPath });
  const domain = await libvirt.defineDomain(connection, guestXml({ name: 'bench' }));
  const getState = () => libvirt.getDomainState(connection, domain);
  await measure(WARM_UP_CALLS, 1, getState);
  const single = await measure(CALLS, 1, getState);
  const fourAtOnce = await measure(CALLS, libvirt.DEFAULT_MAXIMUM_IN_FLIGHT, getState);
  const connecting = await measure(VIRSH_RUNS, 1, async () => {
    await (await libvirt.connect({ socketPath: daemon.socketPath })).close();
  });
  const uri = `qemu+unix:///system?socket=${daemon.socketPath}`;
  const virsh = () =>
    run('virsh', ['--quiet', '-c', uri, 'domstate', 'bench'], { timeout: VIRSH_DEADLINE_MS });
  await virsh();
  const spawned = await measure(VIRSH_RUNS, 1, virsh);
  await libvirt.undefineDomain(connection, domain);

  const version = await libvirt.getLibvirtVersion(connection);
  const libvirtVersion = `${version.major}.${version.minor}.${version.release}`;
  console.log(
    `State of a domain, libvirt ${libvirtVersion}, Node ${process.version}, ${cpus().length} CPUs\n`,
  );
  console.log(`${''.padEnd(44)}${'a second'.padStart(10)}${'p50 us'.padStart(12)}${'p99 us'.padStart(12)}`);
  console.log(row('node-libvirt, one call after the other', single));
  console.log(row('node-libvirt, four calls in flight', fourAtOnce));
  console.log(row('node-libvirt, connect and close', connecting));
  console.log(row('virsh, one process after the other', spawned));
  const ratio = Math.round(spawned.p50Us / single.p50Us);
  console.log(`\nA call takes 1/${ratio} of the time of a virsh.\n`);
  console.log(
    JSON.stringify({
      bench: 'libvirt',
      libvirtVersion,
      single,
      fourAtOnce,
      connecting,
      virsh: spawned,
      ratio,
    }),
  );
} finally {
  await daemon.stop();
}
