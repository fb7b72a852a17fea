import { expect, test } from 'vitest';
import type { Scenario, Step } from '../scenario/scenario.ts';
import { generate } from './generate.ts';
import { shrink } from './shrink.ts';

const large = generate(11, { hosts: 4, minutes: 3 });

test('what does not matter for the failure goes: steps, VMs, hosts, links, odd times, the time after it', () => {
  const start = large.steps.findIndex((step) => step.at > 60);
  const [crash, cut]: Step[] = [
    { at: 60.123, do: 'vm-crash', vm: 'v1' },
    { at: 60.123, do: 'store-cut', host: 'd' },
  ] as const;
  const first: Scenario = {
    ...large,
    vms: large.vms.map((vm) => vm),
    steps: large.steps.toSpliced(start, 0, crash!, cut!),
  };
  const fails = ({ steps, hosts, until }: Scenario): boolean =>
    hosts.includes('d') &&
    steps.some((step) => step.do === 'vm-crash' && step.vm === 'v1' && step.at < until) &&
    steps.some((step) => step.do === 'store-cut' && step.host === 'd');
  const { scenario, tries } = shrink(first, 62, fails);
  expect(fails(scenario)).toBe(true);
  expect(scenario.steps).toHaveLength(2);
  expect(scenario.hosts).toHaveLength(2);
  expect(scenario.vms).toHaveLength(1);
  expect(scenario.links.length).toBeLessThan(2);
  expect(scenario.until).toBeLessThan(63);
  expect(scenario.steps.every((step) => Number.isInteger(step.at))).toBe(true);
  expect(tries).toBeLessThan(1500);
});

test('nothing is taken away when everything matters, and the search ends', () => {
  let tries = 0;
  const onlyItself = (candidate: Scenario): boolean => {
    tries += 1;
    return candidate === large;
  };
  expect(shrink(large, large.until, onlyItself).scenario).toBe(large);
  expect(tries).toBeLessThan(1501);
});

test('the steps stay in the order of time', () => {
  const { scenario } = shrink(large, large.until, ({ steps }) => steps.length > 5);
  const times = scenario.steps.map((step) => step.at);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect(times).toHaveLength(6);
});
