import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogEvent } from '../../../agent/protocol/event.ts';
import { waitForGuest } from '../guests.ts';
import type { GuestOptions } from '../guestXml.ts';
import { waitFor } from '../run.ts';
import { openShop, type Shop } from './shop.ts';

/**
 * A host that goes down in order gives its VMs away first: by release, well before T, and without a reset. What was
 * measured is printed; docs/benchmarks.md has it.
 */

const guests: readonly GuestOptions[] = [{ number: 1 }, { number: 2, name: 'second' }];
const [first = { number: 1 }] = guests;
/** Shutdown of the guests, their start under emulation, and a busy machine. */
const withinMs = 60_000;
const rebootWithinMs = 120_000;

let shop: Shop;

beforeAll(async () => {
  shop = await openShop({ profile: 'steady' });
  const [host] = shop.hosts;
  if (host === undefined) throw new Error('The lab has no host.');
  for (const guest of guests) await shop.protect(host, guest, '--max-restarts', '20');
});
afterAll(async () => {
  await shop.close();
});

describe.each([1, 2, 3])('round %i', () => {
  test('a reboot of the active host moves its guests within seconds, by release, and resets nobody', async () => {
    for (const guest of guests) await shop.untilProtected(guest);
    const active = await shop.activeHost(first);
    const standby = shop.other(active);
    const before = await Promise.all(guests.map((guest) => waitForGuest(guest.number)));
    const resets = shop.hosts.map((host) => host.resets('watchdog'));
    const reboots = active.resets('self');
    const startedMs = performance.now();
    const startedWallMs = Date.now();
    // Who asks is gone before the answer is, so that nobody waits for it.
    const asked = active.run('systemctl reboot', { deadlineMs: rebootWithinMs });
    const ended = waitFor('the reboot', rebootWithinMs, () => active.resets('self') === reboots + 1).then(
      () => (performance.now() - startedMs) / 1000,
    );
    const seconds = await Promise.all(
      guests.map(async ({ number }, index) => {
        await waitForGuest(number, {
          host: standby.name,
          notBoot: before[index]?.boot ?? '',
          deadlineMs: withinMs,
        });
        return (performance.now() - startedMs) / 1000;
      }),
    );
    const rebootS = await ended;
    await asked;
    await active.waitForBoot();
    const lines = (await standby.must('understudy events --limit 200 --json')).split('\n');
    const begun = lines
      .map((line) => JSON.parse(line) as LogEvent)
      .filter(({ code, wallTime }) => code === 'vm.started' && Date.parse(wallTime) >= startedWallMs);
    // By release, and not because the host was found dead: its epoch ends only afterwards.
    expect(begun.map(({ text }) => text)).toEqual(guests.map(() => expect.stringContaining('released it')));
    const runs = begun.map(({ wallTime }) => ((Date.parse(wallTime) - startedWallMs) / 1000).toFixed(2));
    const times = seconds.map((each) => each.toFixed(2));
    process.stdout.write(
      `reboot: run elsewhere after ${runs.join(', ')} s, answer after ${times.join(', ')} s, host down after ${rebootS.toFixed(2)} s\n`,
    );
    expect(shop.hosts.map((host) => host.resets('watchdog'))).toEqual(resets);
    expect(guests.flatMap((guest) => shop.verdict(guest).violations)).toEqual([]);
  });
});
