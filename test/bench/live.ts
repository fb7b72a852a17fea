import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openShop, type Shop } from '../lab/faults/shop.ts';
import { startGuest } from '../lab/guests.ts';
import { guestName, type GuestOptions } from '../lab/guestXml.ts';
import type { LabHost } from '../lab/lab.ts';
import { machineLine, report, spread, spreadText } from './machine.ts';

/**
 * A live switchover against `virsh migrate --live` of a guest of the same kind that nobody protects, in turns, so that a busy
 * machine slows both. Times of the guest are those of libvirt's own events, on the one clock that the lab's hosts share.
 */
const guest: GuestOptions = { number: 1 };
const plain: GuestOptions = { number: 2 };
const rounds = 6;
const eventLog = '/run/lab-events.log';
/** `virsh event` writes a line a moment after the event. */
const settleMs = 1500;

interface Move {
  /** From the guest's last instruction here to its first there. */
  readonly pauseMs: number;
  /** From the same moment until libvirt had ended the QEMU here: for a plain migration no part of the pause. */
  readonly endedMs: number;
  readonly totalMs: number;
}

async function listen({ sshKey }: { readonly sshKey: string }, hosts: readonly LabHost[]): Promise<void> {
  const key = readFileSync(sshKey, 'utf8');
  for (const host of hosts) {
    await host.must('mkdir -p /root/.ssh && cat >/root/.ssh/lab && chmod 600 /root/.ssh/lab', { input: key });
    await host.must(
      "printf 'Host *\\nIdentityFile /root/.ssh/lab\\nStrictHostKeyChecking no\\nUserKnownHostsFile /dev/null\\nLogLevel ERROR\\n' >/root/.ssh/config",
    );
    await host.must(
      `setsid stdbuf -oL virsh event --all --loop --timestamp >${eventLog} 2>&1 </dev/null & sleep 1`,
    );
  }
}

/** When the last event of that kind happened to the VM on this host. */
async function lastMs(host: LabHost, vm: string, what: string): Promise<number> {
  const lines = (await host.must(`cat ${eventLog}`)).split('\n');
  const found = lines.findLast((line) => line.includes(`'${vm}'`) && line.includes(what)) ?? '';
  const [, day, time, zone] = /^(\S+) (\S+?)([+-]\d{4}): /.exec(found) ?? [];
  return Date.parse(`${day}T${time}${zone?.slice(0, 3)}:${zone?.slice(3)}`);
}

async function move(from: LabHost, to: LabHost, vm: string, command: string): Promise<Move> {
  for (const host of [from, to]) await host.must(`: >${eventLog}`);
  const startedMs = performance.now();
  await from.must(command, { deadlineMs: 60_000 });
  const totalMs = performance.now() - startedMs;
  await pause(settleMs);
  const stoodStillMs = await lastMs(from, vm, 'Suspended');
  return {
    pauseMs: (await lastMs(to, vm, 'Resumed')) - stoodStillMs,
    endedMs: (await lastMs(from, vm, 'Stopped')) - stoodStillMs,
    totalMs,
  };
}

function tell(name: string, moves: readonly Move[]): void {
  const standstill = spread(moves.map(({ pauseMs }) => pauseMs));
  const ended = spread(moves.map(({ endedMs }) => endedMs));
  const total = spread(moves.map(({ totalMs }) => totalMs / 1000));
  const text = `stands still for ${spreadText(standstill, 'ms', 0)}; its QEMU was ended here ${spreadText(ended, 'ms', 0)} after it stood still; in all ${spreadText(total, 's')}`;
  report(name, text, { standstill, ended, total });
}

async function measure(shop: Shop): Promise<void> {
  let active = await shop.activeHost(guest);
  let standby = shop.other(active);
  await listen(shop.lab, shop.hosts);
  await startGuest(active, plain);
  const ours: Move[] = [];
  const theirs: Move[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await shop.untilProtected(guest);
    ours.push(
      await move(active, standby, guestName(guest), `understudy switchover ${guestName(guest)} --live`),
    );
    const there = `qemu+ssh://root@${standby.address}/system tcp://${standby.address}`;
    theirs.push(
      await move(
        active,
        standby,
        guestName(plain),
        `virsh migrate --live --persistent ${guestName(plain)} ${there}`,
      ),
    );
    [active, standby] = [standby, active];
  }
  tell('live-switchover', ours);
  tell('virsh-migrate-live', theirs);
}

process.stdout.write(`machine: ${machineLine()}\n`);
const shop = await openShop({ profile: 'swift', links: 1 });
try {
  const [first] = shop.hosts;
  if (first === undefined) throw new Error('The lab has no host.');
  await shop.protect(first, guest);
  await measure(shop);
} finally {
  await shop.close();
}
