import { describe, expect, test } from 'vitest';
import { snapshot, status } from '../../../test/renderer/samples.ts';
import { groupView } from '../groupView.ts';
import type { GroupSnapshot } from '../groupView.ts';
import { agentVersions, skewOf } from './agentVersions.ts';
import { groupFacts } from './facts.ts';
import { RollOut, type RollWork } from './rollOut.ts';

const versions = (...of: readonly string[]) => {
  const from = snapshot();
  const hosts = from.hosts.map((host, slot) => ({
    ...host,
    status: { ...status(slot), agentVersion: of[slot] ?? '' },
  }));
  const all: GroupSnapshot = { ...from, hosts };
  return agentVersions(groupFacts(groupView(all), hosts, []), '0.2.0-aaaa');
};

describe('versions', () => {
  test('each agent is the app’s own, older or newer, and what that means is said', () => {
    const mixed = versions('0.1.9-cccc', '0.2.0-aaaa');
    expect(mixed.map(({ state }) => state)).toEqual(['older', 'current']);
    expect(skewOf(mixed)).toContain('alpha has 0.1.9-cccc and beta has 0.2.0-aaaa');
    expect(skewOf(versions('0.10.0-x', '0.2.0-aaaa'))).toContain('alpha is newer than this app');
    expect(skewOf(versions('0.2.0-aaaa', '0.2.0-aaaa'))).toBeNull();
  });

  test('a host that does not answer this app is known by what others hear from it', () => {
    const from = snapshot();
    const hosts = from.hosts.map((host, slot) =>
      slot === 0 ? { ...host, status: null, ageMs: null } : host,
    );
    const [alpha] = agentVersions(groupFacts(groupView({ ...from, hosts }), hosts, []), '0.2.0-aaaa');
    expect(alpha).toEqual({
      host: 'alpha',
      version: '0.1.0-3f9c1b7a2d4e',
      controlVersion: null,
      state: 'older',
    });
  });
});

interface Story {
  readonly did: string[];
  readonly roll: RollOut;
}

function roll(change: Partial<RollWork> = {}): Story {
  const did: string[] = [];
  const work: RollWork = {
    install: async (host, step) => {
      did.push(`install ${host}`);
      step('the upload');
    },
    rollBack: async (host) => {
      did.push(`back ${host}`);
      return '0.1.0';
    },
    ailment: () => null,
    obstacle: () => null,
    changed: () => undefined,
    ...change,
  };
  return { did, roll: new RollOut(['beta', 'alpha'], '0.2.0', work, async () => undefined) };
}

const states = ({ roll: of }: Story): readonly string[] => [
  of.view().state,
  ...of.view().hosts.map(({ host, state }) => `${host} ${state}`),
];

describe('a roll-out', () => {
  test('goes host by host, the next when the one before is well', async () => {
    const story = roll();
    await story.roll.run();
    expect(story.did).toEqual(['install beta', 'install alpha']);
    expect(states(story)).toEqual(['done', 'beta done', 'alpha done']);
  });

  test('takes back a host that does not come back well, and leaves the others as they are', async () => {
    const story = roll({
      ailment: (_host, version) => (version === '0.2.0' ? 'Its keeper is not there.' : null),
    });
    await story.roll.run();
    expect(story.did).toEqual(['install beta', 'back beta']);
    expect(states(story)).toEqual(['failed', 'beta failed', 'alpha left-out']);
    expect(story.roll.view().hosts[0]?.failure).toMatchObject({
      code: 'updates.not-well',
      message: 'Its keeper is not there.',
      meaning: 'It is well at 0.1.0 again.',
    });
  });

  test('one lucky look is not enough', async () => {
    let looks = 0;
    const story = roll({ ailment: () => (looks++ % 3 === 0 ? 'It flaps.' : null) });
    await story.roll.run();
    expect(states(story)[0]).toBe('failed');
  });

  test('does not begin with a host while another is away', async () => {
    const story = roll({ obstacle: () => 'alpha is away.' });
    await story.roll.run();
    expect(story.did).toEqual([]);
    expect(story.roll.view().hosts[0]?.failure?.code).toBe('updates.not-now');
  });

  test('takes back a host whose installation failed halfway, too', async () => {
    const story = roll({ install: () => Promise.reject(new Error('the new keeper did not come up')) });
    await story.roll.run();
    expect(story.did).toEqual(['back beta']);
    expect(story.roll.view().hosts[0]?.failure).toMatchObject({
      message: expect.stringContaining('did not come up'),
      meaning: 'It is well at 0.1.0 again.',
    });
  });

  test('a host that can not be reached fails as it was said, and nothing is taken back', async () => {
    const story = roll({
      install: () => Promise.reject(new Error('no route')),
      rollBack: async () => null,
    });
    await story.roll.run();
    expect(story.did).toEqual([]);
    expect(states(story)).toEqual(['failed', 'beta failed', 'alpha left-out']);
  });

  test('stopped, it finishes the host at work', async () => {
    const story = roll({
      install: async (host) => {
        story.did.push(`install ${host}`);
        story.roll.stop();
      },
    });
    await story.roll.run();
    expect(story.did).toEqual(['install beta']);
    expect(states(story)).toEqual(['stopped', 'beta done', 'alpha left-out']);
  });
});
