import { expect } from 'vitest';
import { waitForGuest } from '../guests.ts';
import { guestName } from '../guestXml.ts';
import { waitFor } from '../run.ts';
import { describeFaults, type Fault, type Scene } from './faultTest.ts';

/** Longer than T of the swift profile: a takeover that should not be would have come. */
const watchMs = 16_000;
const restartWithinMs = 45_000;

const stays = async ({ active, guest, before }: Scene): Promise<void> => {
  const endMs = performance.now() + watchMs;
  await waitFor('the guest to go on', watchMs + 10_000, async () => {
    const state = await waitForGuest(guest.number);
    expect([state.host, state.boot]).toEqual([active.name, before.boot]);
    return performance.now() >= endMs;
  });
};

/** A fault of a helper process: the guest must never notice. */
const unnoticed = (name: string, command: string, heal?: string): Fault => ({
  name,
  async happen(scene) {
    await scene.active.must(command);
    await stays(scene);
    return { runsOn: scene.active, sameBoot: true, withinMs: 5000 };
  },
  ...(heal === undefined
    ? {}
    : {
        async heal({ active }: Scene) {
          await active.must(heal);
        },
      }),
});

const agentPid = 'systemctl show -p MainPID --value understudy-agent.service';
const libvirtPid = 'systemctl show -p MainPID --value libvirtd.service';

const faults: readonly Fault[] = [
  unnoticed('the agent is killed', `kill -9 $(${agentPid})`),
  unnoticed('the agent hangs', `kill -STOP $(${agentPid})`, `kill -CONT $(${agentPid})`),
  unnoticed('the agent is restarted', 'systemctl restart understudy-agent.service'),
  unnoticed('the keeper is killed', 'pkill -9 -f "[a]gent.cjs keeper"'),
  unnoticed('libvirtd is restarted', 'systemctl restart libvirtd.service'),
  unnoticed('libvirtd hangs', `kill -STOP $(${libvirtPid})`, `kill -CONT $(${libvirtPid})`),
  unnoticed(
    'libvirtd is stopped',
    'systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service',
    'systemctl start libvirtd.socket libvirtd.service',
  ),
  {
    name: 'all links are lost and nothing moves',
    async happen(scene) {
      const { shop, active, standby } = scene;
      await shop.lab.net.partition(active.name as 'h1', standby.name as 'h2');
      await stays(scene);
      return { runsOn: active, sameBoot: true, withinMs: 5000 };
    },
  },
  {
    name: 'the QEMU process is killed and the VM restarts on the same host',
    async happen({ active, guest }) {
      await active.must(`pkill -9 -f "[g]uest=${guestName(guest)},"`);
      return { runsOn: active, sameBoot: false, withinMs: restartWithinMs };
    },
  },
];

describeFaults('processes that fail', { profile: 'swift' }, faults);
