import { describe, expect, test } from 'vitest';
import { MAX_SCENARIO_BYTES, parseScenario, ScenarioError, scenarioText } from './parseScenario.ts';
import { MAX_STEPS } from './scenario.ts';

const base = {
  hosts: ['a', 'b', 'c'],
  links: [
    ['a', 'b'],
    ['a', 'b'],
    ['b', 'c'],
  ],
  vms: [{ name: 'v1', host: 'a' }],
  until: 120,
};

/** What is told about a file with these fields; an empty list when it is taken. */
function problemsOf(over: object): string[] {
  try {
    parseScenario(JSON.stringify({ ...base, ...over }, null, 1), 'f.json');
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message.split('\n').map((line) => line.replace(/^f\.json:\d+: /u, ''));
  }
}
const step = (fields: object) => problemsOf({ steps: [{ at: 1, ...fields }] });

test('the example of the design is taken as it is', () => {
  const text = `{ "name": "power loss of the active host",
      "hosts": ["a", "b"], "links": [["a", "b"], ["a", "b"]], "profile": "steady", "watchdog": true,
      "vms": [{ "name": "v1", "host": "a", "bootTime": 10, "policy": { "maxRestarts": 1 } }],
      "steps": [{ "at": 30, "do": "power-off", "host": "a" }],
      "until": 120,
      "expect": [{ "at": 70, "vm": "v1", "runsOn": "b" }, { "at": 120, "host": "b", "resets": 0 }] }`;
  const scenario = parseScenario(text, 'f.json');
  expect(scenario.steps).toEqual([{ at: 30, do: 'power-off', host: 'a' }]);
  expect(parseScenario(scenarioText(scenario), 'g.json')).toEqual(scenario);
});

test('what is left out has a default: one link between each two hosts, profile steady, a watchdog, a boot of 10 s', () => {
  const scenario = parseScenario(
    '{"hosts": ["a", "b", "c"], "vms": [{"name": "v1", "host": "b"}], "until": 9}',
    'f.json',
  );
  expect(scenario).toEqual({
    name: 'f.json',
    hosts: ['a', 'b', 'c'],
    links: [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ],
    profile: 'steady',
    watchdog: true,
    bmc: {},
    vms: [{ name: 'v1', host: 'b', bootTime: 10, policy: {}, drain: 'threads-stopped' }],
    steps: [],
    until: 9,
    expect: [],
  });
});

describe('refused with the place and the known choices', () => {
  test('the file and the line are named', () => {
    const text = '{\n "hosts": ["a", "b"],\n "until": 10,\n "steps": [\n  {"at": 1,\n   "do": "explode"}]}';
    expect(() => parseScenario(text, 'dir/f.json')).toThrow(
      /^dir\/f\.json:6: steps\[0\]\.do: unknown verb "explode"/u,
    );
  });

  test('text that is not JSON', () => {
    expect(() => parseScenario('{"hosts": [', 'f.json')).toThrow(/^f\.json: not JSON: /u);
  });

  test('something else than an object', () => {
    expect(() => parseScenario('[]', 'f.json')).toThrow('f.json:1: must be object, not []');
  });

  test('a field that stands twice', () => {
    const text = '{"hosts": ["a", "b"],\n "until": 10,\n "until": 20}';
    expect(() => parseScenario(text, 'f.json')).toThrow('f.json:3: until: stands twice in the same object');
  });

  test('a file that is too large, and a list that is too long', () => {
    expect(() => parseScenario(' '.repeat(MAX_SCENARIO_BYTES + 1), 'f.json')).toThrow(
      'larger than 1048576 bytes',
    );
    const steps = Array.from({ length: MAX_STEPS + 1 }, () => 0);
    expect(problemsOf({ steps })).toEqual([expect.stringContaining('is too large: at most 5000')]);
  });

  test.each([
    [
      'at the top',
      { hots: [] },
      'hots: unknown field. Known fields: name, for, hosts, links, profile, watchdog',
    ],
    [
      'of a VM',
      { vms: [{ name: 'v', host: 'a', ram: 1 }] },
      'vms[0].ram: unknown field. Known fields: name, host',
    ],
    [
      'of a policy',
      { vms: [{ name: 'v', host: 'a', policy: { retries: 1 } }] },
      'vms[0].policy.retries: unknown field. Known fields: maxRestarts',
    ],
    [
      'of a step',
      { steps: [{ at: 1, do: 'reset', host: 'a', ms: 1 }] },
      'steps[0].ms: unknown field. Known fields: at, do, host',
    ],
    [
      'of an expectation',
      { expect: [{ vm: 'v1', runs: [] }] },
      'expect[0].runs: unknown field. Known fields: at, vm, runsOn, readiness, maxDowntime',
    ],
  ])('an unknown field %s', (_, over, told) => {
    expect(problemsOf(over)).toEqual([expect.stringContaining(told)]);
  });

  test.each([
    ['host of a VM', { vms: [{ name: 'v', host: 'z' }] }, 'vms[0].host: unknown host "z". Known: a, b, c'],
    ['host of a link', { links: [['a', 'z']] }, 'links[0][1]: unknown host "z". Known: a, b, c'],
    ['host of a BMC', { bmc: { z: 'off' } }, 'bmc.z: unknown host "z". Known: a, b, c'],
    [
      'host of a step',
      { steps: [{ at: 1, do: 'reset', host: 'z' }] },
      'steps[0].host: unknown host "z". Known: a, b, c',
    ],
    [
      'target',
      { steps: [{ at: 1, do: 'admin', command: 'switchover', vm: 'v1', to: 'z' }] },
      'steps[0].to: unknown host "z"',
    ],
    [
      'VM of a step',
      { steps: [{ at: 1, do: 'vm-crash', vm: 'z' }] },
      'steps[0].vm: unknown VM "z". Known: v1',
    ],
    [
      'VM of an expectation',
      { expect: [{ vm: 'z', runsOn: null }] },
      'expect[0].vm: unknown VM "z". Known: v1',
    ],
    [
      'VM that a host runs',
      { expect: [{ host: 'a', runs: ['z'] }] },
      'expect[0].runs[0]: unknown VM "z". Known: v1',
    ],
    [
      'host that runs a VM',
      { expect: [{ vm: 'v1', runsOn: 'z' }] },
      'expect[0].runsOn: unknown host "z". Known: a, b, c',
    ],
    ['profile', { profile: 'fast' }, 'profile: unknown "fast". Known: swift, steady, patient'],
    ['readiness', { expect: [{ vm: 'v1', readiness: 'good' }] }, 'Known: protected, degraded, unprotected'],
  ])('an unknown %s', (_, over, told) => {
    expect(problemsOf(over)).toEqual([expect.stringContaining(told)]);
  });

  test('a host or VM that stands twice', () => {
    expect(problemsOf({ hosts: ['a', 'b', 'c', 'a'] })).toEqual(['hosts[3]: stands twice']);
    const twice = { name: 'v1', host: 'a' };
    expect(problemsOf({ vms: [twice, twice] })).toEqual(['vms[1].name: stands twice']);
  });

  test('steps out of the order of time, or after the end', () => {
    const steps = [
      { at: 30, do: 'reset', host: 'a' },
      { at: 29, do: 'reset', host: 'a' },
      { at: 121, do: 'reset', host: 'a' },
    ];
    expect(problemsOf({ steps })).toEqual([
      'steps[1].at: 29 comes after 30: steps stand in the order of time',
      'steps[2].at: 121 is after "until", 120',
    ]);
    expect(problemsOf({ expect: [{ at: 121, vm: 'v1', runsOn: 'a' }] })).toEqual([
      'expect[0].at: 121 is after "until", 120',
    ]);
  });

  test('negative numbers, but a clock may go slow or be set back', () => {
    expect(step({ at: -1, do: 'reset', host: 'a' })).toEqual(['steps[0].at: -1 is too small: at least 0']);
    expect(step({ do: 'store-delay', ms: -5 })).toEqual(['steps[0].ms: -5 is too small: at least 0']);
    expect(step({ do: 'store-rollback', seconds: -5 })).toEqual([
      'steps[0].seconds: -5 is too small: at least 0',
    ]);
    expect(problemsOf({ until: 0 })).toEqual(['until: 0 is too small: more than 0']);
    expect(problemsOf({ vms: [{ name: 'v', host: 'a', bootTime: -1 }] })).toHaveLength(1);
    expect(step({ do: 'clock-rate', host: 'a', ppm: -500 })).toEqual([]);
    expect(step({ do: 'clock-step', host: 'a', seconds: -3600 })).toEqual([]);
  });

  test('wrong types and missing fields', () => {
    expect(problemsOf({ until: '120' })).toEqual(['until: must be number, not "120"']);
    expect(problemsOf({ until: undefined })).toEqual(['until: missing']);
    expect(step({ do: 'power-off' })).toEqual(['steps[0].host: missing']);
    expect(problemsOf({ steps: [{ at: 1 }] })).toEqual([
      expect.stringMatching(/^steps\[0\]\.do: missing\. Known verbs: power-off/u),
    ]);
    expect(problemsOf({ steps: ['reset'] })).toEqual([expect.stringContaining('steps[0].do: missing')]);
    expect(problemsOf({ hosts: ['a'] })).toEqual([
      expect.stringContaining('hosts: ["a"] is too small: at least 2'),
    ]);
  });

  test('links that are not there, and half a direction', () => {
    expect(step({ do: 'link-cut', from: 'a', to: 'c' })).toEqual([
      'steps[0].to: there is no link from a to c',
    ]);
    expect(step({ do: 'link-cut', from: 'b', to: 'a', link: 2 })).toEqual([
      'steps[0].link: unknown link 2 from b to a. Known: 0, 1',
    ]);
    expect(step({ do: 'link-loss', from: 'a', percent: 5 })).toEqual([
      'steps[0].to: missing: a direction has both "from" and "to"',
    ]);
    expect(step({ do: 'link-loss', percent: 101 })).toEqual([
      'steps[0].percent: 101 is too large: at most 100',
    ]);
    expect(step({ do: 'link-loss', percent: 5 })).toEqual([]);
  });

  test('what a command of the administrator lacks or does not have', () => {
    expect(step({ do: 'admin', command: 'reboot' })).toEqual([
      'steps[0].command: unknown "reboot". Known: start, stop, switchover, maintenance-on, maintenance-off, disarm, arm, profile, protect, unprotect, step-down, on-battery, low-battery, power-back',
    ]);
    expect(step({ do: 'admin', command: 'stop' })).toEqual(['steps[0].vm: missing: "stop" needs it']);
    expect(step({ do: 'admin', command: 'disarm', vm: 'v1' })).toEqual([
      'steps[0].vm: "disarm" has no such field. Known: host',
    ]);
  });

  test('an expectation of nothing', () => {
    expect(problemsOf({ expect: [{ at: 3, vm: 'v1' }] })).toEqual([
      'expect[0]: expects nothing. Known: runsOn, readiness, maxDowntime',
    ]);
    expect(problemsOf({ expect: [{ at: 3 }] })).toEqual(['expect[0]: names neither a "vm" nor a "host"']);
  });

  test('no more than ten problems are told', () => {
    const steps = Array.from({ length: 30 }, () => ({ at: 1, do: 'explode' }));
    const told = problemsOf({ steps });
    expect(told).toHaveLength(11);
    expect(told.at(-1)).toBe('f.json: and 20 more');
  });
});
