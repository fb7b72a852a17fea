import { openShop, type Shop } from '../lab/faults/shop.ts';
import { defineGuest } from '../lab/guests.ts';
import type { GuestOptions } from '../lab/guestXml.ts';
import type { LabHost } from '../lab/lab.ts';
import { run, waitFor } from '../lab/run.ts';
import { machineLine, report } from './machine.ts';

/**
 * What agent and keeper cost on a host at rest, with 1 and with 50 protected VMs: CPU time of both units over half a minute, and
 * their memory as PSS (shared pages counted once), and what their storage children read and write, counted at their system calls.
 */
const observeMs = 30_000;
const manyVms = 50;
/** The 50 are defined and protected, and stopped: the lab's emulated guests would measure themselves. */
const settleMs = 15_000;

interface Sample {
  readonly cpuMs: number;
  readonly pssMiB: number;
}

const units = 'understudy-agent.service understudy-keeper.service';

async function sample(host: LabHost): Promise<Sample> {
  const cpu = await host.must(`systemctl show -p CPUUsageNSec --value ${units} | grep .`);
  const pids = `for unit in ${units}; do cat /sys/fs/cgroup$(systemctl show -p ControlGroup --value $unit)/cgroup.procs; done`;
  const pss = await host.must(
    `for pid in $(${pids}); do awk '/^Pss:/ { print $2 }' /proc/$pid/smaps_rollup; done`,
  );
  const sum = (text: string): number =>
    text.split('\n').reduce((total, line) => total + Number(line || 0), 0);
  return {
    cpuMs: sum(cpu) / 1e6,
    pssMiB: sum(pss) / 1024,
  };
}

const wait = async (ms: number): Promise<void> => {
  const endMs = performance.now() + ms;
  await waitFor('time to pass', ms + 5000, () => performance.now() >= endMs, 250);
};

async function observe(shop: Shop, vms: number): Promise<void> {
  await wait(settleMs);
  for (const host of shop.hosts) {
    const before = await sample(host);
    const startedMs = performance.now();
    await wait(observeMs);
    const seconds = (performance.now() - startedMs) / 1000;
    const after = await sample(host);
    const cpuPercent = (after.cpuMs - before.cpuMs) / seconds / 10;
    const data = {
      vms,
      host: host.name,
      cpuPercent,
      pssMiB: after.pssMiB,
    };
    report(
      `rest-${vms}-${host.name}`,
      `${cpuPercent.toFixed(2)} % of a core, ${data.pssMiB.toFixed(0)} MiB PSS`,
      data,
    );
  }
}

/** Both hosts' storage children are processes of this machine; strace counts what their calls transferred. */
async function observeStore(hosts: number, vms: number): Promise<void> {
  const pids = (await run('pgrep', ['-f', '[a]gent.cjs store-io'])).stdout
    .split('\n')
    .filter((pid) => pid !== '');
  const attach = pids.flatMap((pid) => ['-p', pid]);
  const seconds = observeMs / 1000;
  const traced = await run(
    'timeout',
    [`${seconds}`, 'strace', '-f', '-qq', '-e', 'trace=pread64,pwrite64', '-e', 'abbrev=all', ...attach],
    { deadlineMs: observeMs + 20_000 },
  );
  const calls = [...traced.stderr.matchAll(/(pread64|pwrite64)\(.*\) += (\d+)$/gm)];
  if (calls.length === 0) {
    process.stdout.write(`rest-${vms}-store: not measured, it needs strace\n`);
    return;
  }
  const per = (name: string) => {
    const sizes = calls.filter((call) => call[1] === name).map((call) => Number(call[2]));
    const bytes = sizes.reduce((total, size) => total + size, 0);
    return { calls: sizes.length / seconds / hosts, kib: bytes / 1024 / seconds / hosts };
  };
  const [read, write] = [per('pread64'), per('pwrite64')];
  report(
    `rest-${vms}-store`,
    `per host and second: ${read.kib.toFixed(1)} KiB in ${read.calls.toFixed(2)} reads, ${write.kib.toFixed(1)} KiB in ${write.calls.toFixed(2)} writes`,
    { vms, read, write },
  );
}

process.stdout.write(`machine: ${machineLine()}\n`);
const shop = await openShop({ profile: 'steady', links: 2 });
try {
  const [first] = shop.hosts;
  if (first === undefined) throw new Error('The lab has no host.');
  await shop.protect(first, { number: 1 });
  await shop.untilProtected({ number: 1 });
  await observe(shop, 1);
  await observeStore(shop.hosts.length, 1);
  for (let number = 2; number <= manyVms; number += 1) {
    const guest: GuestOptions = { number, memoryMiB: 32 };
    await defineGuest(first, guest);
    await first.must(`understudy protect vm${number}`, { deadlineMs: 60_000 });
  }
  await observe(shop, manyVms);
  await observeStore(shop.hosts.length, manyVms);
} finally {
  await shop.close();
}
