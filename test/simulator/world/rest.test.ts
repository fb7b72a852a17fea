import { describe, expect, test } from 'vitest';
import { generate } from '../campaign/generate.ts';
import { parseScenario } from '../scenario/parseScenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { runWorld } from './runWorld.ts';

const REST_S = 10;

function run(
  scenario: Scenario,
  restS: number | null,
): { readonly endedAt: number; readonly lines: string[] } {
  const lines: string[] = [];
  const trace = (atMs: number, line: string): void => void lines.push(`${atMs} ${line}`);
  const { endedAt } = runWorld(scenario, 5, { trace }, restS);
  return { endedAt, lines };
}

function twoHosts(steps: readonly object[], until: number): Scenario {
  const vms = [{ name: 'v1', host: 'a', bootTime: 3 }];
  return parseScenario(JSON.stringify({ hosts: ['a', 'b'], profile: 'swift', vms, steps, until }), 'a test');
}

describe('a world that may end at rest', () => {
  test('is until then the world that it would have been', () => {
    for (let seed = 40; seed < 48; seed += 1) {
      const scenario = generate(seed, { hosts: 2, minutes: null });
      const whole = run(scenario, null);
      const short = run(scenario, REST_S);
      expect(whole.lines.slice(0, short.lines.length)).toEqual(short.lines);
      expect(whole.endedAt).toBe(scenario.until);
    }
  });

  test('ends when the host is back, the VM runs and all is well for that long, not before', () => {
    const steps = [
      { at: 10, do: 'power-off', host: 'a' },
      { at: 20, do: 'power-on', host: 'a' },
    ];
    const { endedAt } = run(twoHosts(steps, 300), REST_S);
    expect(endedAt).toBeGreaterThan(50 + REST_S);
    expect(endedAt).toBeLessThan(90);
  });

  test('goes on while a VM is down that should run', () => {
    const steps = ['a', 'b'].map((host) => ({ at: 10, do: 'power-off', host }));
    expect(run(twoHosts(steps, 200), REST_S).endedAt).toBe(200);
  });

  test('goes on while a host can not work', () => {
    const steps = [{ at: 10, do: 'store-cut', host: 'b' }];
    expect(run(twoHosts(steps, 200), REST_S).endedAt).toBe(200);
  });
});
