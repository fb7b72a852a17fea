import { expect, test } from 'vitest';
import { parseScenario, scenarioText } from '../scenario/parseScenario.ts';
import { stepSchemas } from '../scenario/scenario.ts';
import { generate } from './generate.ts';

const any = { hosts: null, minutes: null };
const seeds = Array.from({ length: 300 }, (_, index) => index * 7919);

test('every generated world is a scenario that can be written to a file and read again', () => {
  for (const seed of seeds) {
    const scenario = generate(seed, any);
    expect(parseScenario(scenarioText(scenario), 'generated.json')).toEqual(scenario);
  }
});

test('the same seed gives the same world, another seed another', () => {
  expect(generate(5, any)).toEqual(generate(5, any));
  expect(generate(5, any).steps).not.toEqual(generate(6, any).steps);
});

test('every verb of a scenario is used', () => {
  // What is outside of the assumptions comes in two worlds of a hundred.
  const many = Array.from({ length: 6000 }, (_, index) => index);
  const used = new Set(many.flatMap((seed) => generate(seed, any).steps.map((step) => step.do)));
  expect(Object.keys(stepSchemas).filter((verb) => !used.has(verb as keyof typeof stepSchemas))).toEqual([]);
});

test('hosts and minutes can be fixed', () => {
  for (const seed of seeds.slice(0, 20)) {
    const scenario = generate(seed, { hosts: 3, minutes: 2 });
    expect(scenario.hosts).toEqual(['a', 'b', 'c']);
    expect(Math.max(...scenario.steps.map((step) => step.at))).toBeLessThanOrEqual(124);
    expect(scenario.until).toBeGreaterThan(120);
  }
});

test('after the heal nothing is wrong any more, but that a host may stay off', () => {
  const undo: Record<string, string> = {
    freeze: 'thaw',
    'keeper-freeze': 'keeper-thaw',
    'agent-stop': 'agent-start',
    'agent-freeze': 'agent-thaw',
    'libvirtd-stop': 'libvirtd-start',
    'libvirtd-hang': 'libvirtd-start',
    'store-cut': 'store-heal',
    'store-stall': 'store-heal',
    'store-readonly': 'store-heal',
    'link-cut': 'link-heal',
    'uplink-cut': 'uplink-heal',
    'hardware-fails': 'hardware-heals',
  };
  for (const seed of seeds) {
    const { steps, until } = generate(seed, any);
    const healed = until - (steps.at(-1)?.at ?? 0) > 30;
    if (!healed) continue;
    const offAtEnd = new Set<string>();
    for (const step of steps) {
      if (step.do === 'power-off') offAtEnd.add(step.host);
      if (step.do === 'power-on') offAtEnd.delete(step.host);
    }
    expect(offAtEnd.size, `seed ${seed}`).toBeLessThan(2);
    const lastHeal = (verb: string): number => steps.findLastIndex((step) => step.do === undo[verb]);
    for (const [index, step] of steps.entries()) {
      const host = 'host' in step ? (step.host ?? '') : '';
      if (step.do in undo && !offAtEnd.has(host))
        expect(lastHeal(step.do), `seed ${seed}`).toBeGreaterThan(index);
    }
  }
});
