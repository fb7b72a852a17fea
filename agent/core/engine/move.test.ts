import { describe, expect, test } from 'vitest';
import { MOVED_LIVE } from '../../protocol/store.ts';
import { firstNote } from './notes.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';
import type { SwitchoverHow } from './activity.ts';

const VM = uuidOf(1);
const codes = (group: FakeGroup): string[] =>
  group.log.map((line) => /s {2}\w+ {2}([a-z.-]+):/.exec(line)?.[1] ?? '');
const begin = (how: SwitchoverHow = 'live'): FakeGroup => {
  const group = new FakeGroup(2, [{}]).settle('h1');
  group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2', how });
  return group.run(3000);
};
const stateOn = (group: FakeGroup, host: string): string | undefined =>
  group.host(host).domains.get(VM)?.state;

describe('a live switchover', () => {
  test('moves the guest, gives the token after it, and continues the copy without creating anything', () => {
    const group = begin();
    expect([stateOn(group, 'h1'), stateOn(group, 'h2')]).toEqual(['running', 'paused']);
    group.host('h1').move?.arrive();
    group.run(3000);
    expect([stateOn(group, 'h1'), stateOn(group, 'h2')]).toEqual(['stopped', 'running']);
    expect(group.host('h1').replies.get(1)).toMatchObject({ kind: 'text', text: 'web1 is on h2 now.' });
    expect(group.host('h2').asked).not.toContain('createPaused');
    const { asked } = group.host('h2');
    expect(asked.indexOf('acquire')).toBeLessThan(asked.indexOf('mayContinue'));
    expect(asked.indexOf('mayContinue')).toBeLessThan(asked.indexOf('resume'));
    const release = group.host('h1').requests.find((body) => body.kind === 'release');
    expect(release).toMatchObject({
      ended: 'migrated',
      note: { reason: MOVED_LIVE, releasedTo: 1, released: true },
    });
  });

  test('the copy is not continued, and the token not asked for, while the move goes on', () => {
    const group = begin().run(60_000);
    const { asked } = group.host('h2');
    expect(stateOn(group, 'h2')).toBe('paused');
    expect(asked).not.toContain('acquire');
    expect(asked).not.toContain('resume');
    expect(asked.filter((what) => what === 'expectIncoming').length).toBeGreaterThan(10);
    expect(codes(group)).not.toContain('vm.stranger-destroyed');
  });

  test('that breaks off leaves the guest running here, and nothing there', () => {
    const group = begin();
    group.host('h1').move?.fail('the link broke');
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.host('h1').replies.get(1)).toMatchObject({ failure: { code: 'vm.live-broke-off' } });
    expect(group.token(0).generation).toBe(1);
  });

  test('sends no more in a second than the policy says', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').command(1, { kind: 'policy', vm: 'web1', policy: { liveMebibytesPerSecond: 40 } });
    group.run(3000);
    group.host('h1').command(2, { kind: 'switchover', vm: 'web1', to: 'h2', how: 'live' });
    group.run(3000);
    expect(group.liveLimits).toEqual([40]);
    group.host('h1').command(3, { kind: 'policy', vm: 'web1', policy: { liveMebibytesPerSecond: 0 } });
    group.run(3000);
    expect(group.config.vms[0]?.policy).not.toHaveProperty('liveMebibytesPerSecond');
  });

  test('shuts the guest down only if that was asked for', () => {
    const group = begin('live-or-shutdown');
    group.host('h1').move?.fail('the link broke');
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.host('h1').asked).toContain('shutdown');
  });

  test('can be stopped; the guest stays', () => {
    const group = begin();
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.host('h1').replies.get(1)).toMatchObject({ failure: { code: 'vm.switchover-cancelled' } });
  });

  test('can not be stopped once the guest has left', () => {
    const group = begin();
    group.host('h1').broken.set('release', 'never');
    group.host('h1').move?.arrive();
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    expect(group.host('h1').replies.get(2)).toMatchObject({ failure: { code: 'vm.too-late-to-cancel' } });
  });

  test('a token is not released on the word of anything but a completed migration', () => {
    const group = begin();
    group.host('h1').move?.arrive('failed');
    group.run(20_000);
    const releases = group.host('h1').requests.filter((body) => body.kind === 'release');
    expect(releases.filter(({ note }) => note.reason === MOVED_LIVE)).toEqual([]);
    expect(group.runningOn(1)).toContain('h1');
    expect(group.host('h2').asked).not.toContain('resume');
  });

  test('whose agent dies after the guest has left starts the VM again here: the copy gets no right', () => {
    const group = begin();
    group.host('h1').broken.set('release', 'never');
    group.host('h1').move?.arrive();
    group.run(1000);
    group.host('h1').broken.clear();
    group.host('h1').restartAgent();
    group.run(10_000);
    expect(stateOn(group, 'h1')).toBe('running');
    expect(codes(group)).toContain('vm.live-interrupted');
    expect(group.host('h2').asked).not.toContain('resume');
  });

  test("whose confirmation is lost with libvirt starts the VM again here, and is nobody's wish that it be off", () => {
    const group = begin();
    const host = group.host('h1');
    host.change(VM, 'paused', 'migration');
    host.hasHypervisor = false;
    host.tellHypervisor();
    host.move?.fail('libvirt did not answer');
    group.run(3000);
    host.domains.set(VM, { vm: VM, name: 'web1', state: 'stopped', reason: 'migrated' });
    host.qemus.delete(VM);
    host.hasHypervisor = true;
    host.tellHypervisor();
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(codes(group)).toContain('vm.live-interrupted');
    expect(group.token(0).note?.desired).toBe('running');
  });

  test('whose agent dies in the middle goes on with a guest that stands still', () => {
    const group = begin();
    group.host('h1').change(VM, 'paused', 'migration');
    group.host('h1').restartAgent();
    group.run(5000);
    expect(stateOn(group, 'h1')).toBe('running');
    expect(codes(group)).toContain('vm.resumed');
  });

  test('whose source loses power is taken over after T, from the disks and not from the copy', () => {
    const group = begin();
    group.host('h1').powerOff();
    group.run(40_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    const { asked } = group.host('h2');
    expect(asked).toContain('endIncoming');
    expect(asked).toContain('createPaused');
  });

  test('a guest that shuts itself down meanwhile stays off', () => {
    const group = begin();
    group.host('h1').change(VM, 'stopped', 'shutdown', { kind: 'shutdown', by: 'guest' });
    group.host('h1').move?.fail('the domain is gone');
    group.run(20_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(group.token(0).note?.desired).toBe('stopped');
  });

  test('is refused by a target that is about to go, which the source may not have heard', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h2').command(5, { kind: 'goingDown', reason: 'on-battery' });
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2', how: 'live' });
    group.run(3000);
    expect(group.host('h1').replies.get(1)).toMatchObject({ failure: { code: 'vm.target-going-down' } });
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test.each(['the target is about to go', 'the group is disarmed'])(
    'is broken off while the guest is still at its source when %s',
    (what) => {
      const group = begin();
      if (what.startsWith('the group')) group.config = { ...group.config, disarmed: true };
      else group.host('h2').command(5, { kind: 'goingDown', reason: 'shutdown' });
      group.run(2000);
      expect(group.host('h2').asked).toContain('endIncoming');
      expect([stateOn(group, 'h1'), stateOn(group, 'h2')]).toEqual(['running', 'stopped']);
    },
  );

  test.each(['the target is about to go', 'the group is disarmed'])(
    'comes to its end once the token is released, although %s',
    (what) => {
      const group = begin();
      group.host('h2').broken.set('acquire', 'the store is slow');
      group.host('h1').move?.arrive();
      group.run(1000);
      if (what.startsWith('the group')) group.config = { ...group.config, disarmed: true };
      else group.host('h2').command(5, { kind: 'goingDown', reason: 'shutdown' });
      group.host('h2').broken.clear();
      group.run(3000);
      const { asked } = group.host('h2');
      expect(asked).toContain('resume');
      expect(asked).not.toContain('createPaused');
    },
  );

  test('goes on when its keeper refuses for a moment to expect the copy any longer', () => {
    const group = begin();
    group.host('h2').broken.set('expectIncoming', 'the token was just released');
    group.run(5000);
    group.host('h2').broken.clear();
    group.host('h1').move?.arrive();
    group.run(3000);
    expect(stateOn(group, 'h2')).toBe('running');
    expect(group.host('h2').asked).not.toContain('endIncoming');
  });

  test('ends at the target when the keeper has refused for as long as it expects a copy', () => {
    const group = begin();
    group.host('h2').broken.set('expectIncoming', 'its lease is lost');
    group.run(25_000);
    expect(group.host('h2').asked).toContain('endIncoming');
    expect(stateOn(group, 'h2')).toBe('stopped');
  });

  test('whose target is given a new agent before it takes the token comes to its end', () => {
    const group = begin();
    group.host('h1').move?.arrive();
    group.run(200);
    group.host('h2').restartAgent();
    group.run(8000);
    expect(stateOn(group, 'h2')).toBe('running');
    expect(group.host('h2').asked).not.toContain('createPaused');
    expect(group.host('h2').asked).not.toContain('destroy');
  });

  test('whose target is busy with other starts does not wait for them: the copy is kept for seconds only', () => {
    const group = new FakeGroup(2, [{}, {}, {}]).settle('h1');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2', how: 'live' });
    group.run(3000);
    group.host('h2').broken.set('createPaused', 'never');
    for (const token of [1, 2]) {
      group.host('h1').change(uuidOf(token + 1), 'stopped', 'crashed');
      const known = group.token(token);
      known.note = { ...firstNote(1, 'running'), released: true, releasedTo: 1 };
    }
    group.run(3000);
    expect(group.host('h2').asked.filter((what) => what === 'createPaused')).toHaveLength(2);
    group.host('h1').move?.arrive();
    group.run(5000);
    expect(stateOn(group, 'h2')).toBe('running');
  });

  test('waits for the present definition, and is refused when it does not come', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.edit(VM);
    group.host('h2').broken.set('place', 'the disk is full');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2', how: 'live' });
    group.run(40_000);
    expect(group.host('h1').replies.get(1)).toMatchObject({ failure: { code: 'vm.definition-not-placed' } });
    expect(group.runningOn(1)).toEqual(['h1']);
  });
});
