import { describe, expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);
const settled = (): FakeGroup => new FakeGroup(2, [{}]).settle('h1');

describe('starts whose end nobody knows', () => {
  test('a start that was lost with the hypervisor is ended by the keeper, and the other host gets the VM', () => {
    const group = settled();
    const host = group.host('h1');
    host.broken.set('createPaused', 'never');
    host.change(VM, 'stopped', 'failed');
    group.run(1000);
    host.hasHypervisor = false;
    host.tellHypervisor();
    group.run(150_000);
    expect(host.asked).toContain('stop');
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test.each([false, true])(
    'the paused guest of a start that was given up is let go on (agent restarted: %s)',
    (restarts) => {
      const policy = { maxRestarts: 3, windowMs: 60_000, order: 0, shutdownTimeoutMs: 10_000 };
      const group = new FakeGroup(2, [{ policy }]).settle('h1');
      const host = group.host('h1');
      host.broken.set('createPaused', 'the connection was closed');
      host.hasUncertainAnswers = true;
      host.change(VM, 'stopped', 'failed');
      group.run(1000);
      host.broken.delete('createPaused');
      host.change(VM, 'paused', 'unknown');
      if (restarts) host.restartAgent();
      host.asked.length = 0;
      group.run(3000);
      expect(group.runningOn(1)).toEqual(['h1']);
      expect(host.domains.get(VM)?.state).toBe('running');
      expect(host.asked).not.toContain('createPaused');
    },
  );

  test('a guest that was paused by hand stays paused', () => {
    const group = settled();
    const host = group.host('h1');
    host.change(VM, 'paused', 'user');
    host.restartAgent();
    group.run(60_000);
    expect(host.domains.get(VM)?.state).toBe('paused');
  });
});
