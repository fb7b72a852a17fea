import { readdirSync, readFileSync } from 'node:fs';
import { takeoverTimeMs, PROFILES } from '../../agent/core/timing.ts';
import { openShop, type Shop } from '../lab/faults/shop.ts';
import { waitForGuest } from '../lab/guests.ts';
import type { GuestOptions } from '../lab/guestXml.ts';
import type { LabHost } from '../lab/lab.ts';
import { waitFor } from '../lab/run.ts';
import { machineLine, report, spread, spreadText } from './machine.ts';

/**
 * On the lab's hosts, from the fault to what follows it. "Created" is the moment at which the new QEMU process
 * is there; "answers" is the guest's witness, after a boot under emulation.
 */
const guest: GuestOptions = { number: 1 };
const runsOf = { swift: 5, steady: 3 } as const;
/** The default policy restarts twice on the same host; a third crash would move the VM. */
const crashes = 2;
const switchovers = 3;
const deadlineMs = 90_000;

const emulator = 'qemu-system-x86';

/** The guest's QEMU on a host, looked up among this machine's processes, by the cgroup that the lab keeps them in. */
function pidOn(host: LabHost): string {
  const ofHost = new RegExp(`understudy-lab/${host.name}/`);
  const isGuest = (pid: string): boolean => {
    try {
      return (
        readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith(emulator) &&
        ofHost.test(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('guest=vm1,')
      );
    } catch {
      return false;
    }
  };
  return readdirSync('/proc').find((name) => /^\d+$/.test(name) && isGuest(name)) ?? '';
}

interface Timed {
  readonly createdS: number;
  readonly answersS: number;
}

async function time(
  fault: () => Promise<unknown>,
  created: () => boolean,
  after: LabHost,
  notBoot: string,
): Promise<Timed> {
  const startedMs = performance.now();
  await fault();
  await waitFor('the VM to be created', deadlineMs, created, 5);
  const createdS = (performance.now() - startedMs) / 1000;
  await waitForGuest(guest.number, { host: after.name, notBoot, deadlineMs });
  return { createdS, answersS: (performance.now() - startedMs) / 1000 };
}

async function powerLoss(shop: Shop): Promise<Timed> {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const standby = shop.other(active);
  const { boot } = await waitForGuest(guest.number);
  const timed = await time(
    () => active.off(),
    () => pidOn(standby) !== '',
    standby,
    boot,
  );
  await active.on();
  await active.waitForBoot();
  return timed;
}

async function crash(shop: Shop): Promise<Timed> {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const { boot } = await waitForGuest(guest.number);
  const before = pidOn(active);
  const created = (): boolean => !['', before].includes(pidOn(active));
  return time(() => Promise.resolve(process.kill(Number(before), 'SIGKILL')), created, active, boot);
}

async function switchover(shop: Shop): Promise<number> {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const { boot } = await waitForGuest(guest.number);
  const startedMs = performance.now();
  await shop.console('switchover', 'vm1');
  await waitForGuest(guest.number, { host: shop.other(active).name, notBoot: boot, deadlineMs });
  return (performance.now() - startedMs) / 1000;
}

function tell(name: string, timed: readonly Timed[], extra: object): void {
  const created = spread(timed.map(({ createdS }) => createdS));
  const answers = spread(timed.map(({ answersS }) => answersS));
  const text = `created after ${spreadText(created, 's')}; answers after ${spreadText(answers, 's')}`;
  report(name, text, { created, answers, ...extra });
}

async function series<Value>(count: number, once: () => Promise<Value>): Promise<readonly Value[]> {
  const values: Value[] = [];
  for (let round = 0; round < count; round += 1) values.push(await once());
  return values;
}

process.stdout.write(`machine: ${machineLine()}\n`);
for (const profile of ['swift', 'steady'] as const) {
  const shop = await openShop({ profile, links: 2 });
  try {
    const [first] = shop.hosts;
    if (first === undefined) throw new Error('The lab has no host.');
    report(
      `install-${profile}`,
      `${spreadText(spread([shop.installS / shop.hosts.length]), 's a host')}`,
      {},
    );
    await shop.protect(first, guest);
    const promisedS = takeoverTimeMs(PROFILES[profile]) / 1000;
    const losses = await series(runsOf[profile], () => powerLoss(shop));
    tell(`power-loss-${profile}`, losses, { promisedS });
    if (profile === 'swift') {
      tell('qemu-crash', await series(crashes, () => crash(shop)), {});
      const moves = spread(await series(switchovers, () => switchover(shop)));
      report('switchover', `answers on the other host after ${spreadText(moves, 's')}`, { total: moves });
    }
  } finally {
    await shop.close();
  }
}
