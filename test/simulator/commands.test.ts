import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSimulator } from './commands.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-simulate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv: string[]) {
  let out = '';
  let error = '';
  const status = await runSimulator(argv, {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    lively: false,
  });
  return { status, out, error };
}

function file(name: string, scenario: object | string): string {
  const path = join(folder, name);
  writeFileSync(path, typeof scenario === 'string' ? scenario : JSON.stringify(scenario));
  return path;
}

const short = { hosts: ['a', 'b'], profile: 'swift', vms: [{ name: 'v1', host: 'a' }], until: 5 };

test('a scenario that goes as expected: one JSON object on stdout, status 0', async () => {
  const path = file('well.json', { ...short, expect: [{ vm: 'v1', runsOn: 'a' }] });
  const { status, out, error } = await run(path);
  expect({ status, error }).toEqual({ status: 0, error: '' });
  expect(JSON.parse(out)).toEqual({
    ok: true,
    violations: [],
    failedExpectations: [],
    vms: { v1: { host: 'a', downtime: 0 } },
    resets: { a: 0, b: 0 },
    endedAt: 5,
  });
});

test('one that does not: status 1, and what was seen instead', async () => {
  const { status, out } = await run(file('ill.json', { ...short, expect: [{ vm: 'v1', runsOn: 'b' }] }));
  expect(status).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false, failedExpectations: [{ saw: 'at 5 s v1 runs on a' }] });
});

test('the trace is on stderr, and the same for the same seed', async () => {
  const path = file('trace.json', { ...short, steps: [{ at: 1, do: 'vm-crash', vm: 'v1' }] });
  const [one, again, other] = [
    await run(path, '--trace'),
    await run(path, '--trace'),
    await run(path, '--trace', '--seed', '2'),
  ];
  expect(one.error).toMatch(/^ {4}1\.\d{3} {2}a {2}The QEMU of v1 crashes\.$/mu);
  expect(again).toEqual(one);
  expect(other.error).not.toBe(one.error);
});

test('bad input: status 2, the file, the place and the known choices, and nothing runs', async () => {
  const path = file(
    'bad.json',
    '{\n "hosts": ["a", "b"], "until": 5,\n "steps": [{"at": 1, "do": "explode"}]\n}',
  );
  const { status, out, error } = await run(path);
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(error).toContain(`${path}:3: steps[0].do: unknown verb "explode". Known verbs: power-off`);
  expect((await run(join(folder, 'none.json'))).status).toBe(2);
});

test('wrong usage: status 2 and the help', async () => {
  const { status, out, error } = await run('--campain', '5');
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(error).toMatch(/^Unknown option '--campain'[^]*Usage: npm run simulate/u);
  expect((await run('--help')).status).toBe(0);
});

test('golden logs: a missing one and another one are told, and can be written', async () => {
  const path = file('golden.json', short);
  const golden = path.replace('.json', '.log');
  expect(await run('--scenarios', path)).toMatchObject({
    status: 1,
    out: expect.stringContaining('there is no golden log'),
  });
  expect((await run('--scenarios', path, '--rewrite')).status).toBe(0);
  expect((await run('--scenarios', path)).status).toBe(0);
  writeFileSync(golden, readFileSync(golden, 'utf8').replace('are up', 'are down'));
  const { status, out } = await run('--scenarios', path);
  expect(status).toBe(1);
  expect(out).toMatch(/-\s+0\.000\s+a, b are down; v1 on a\.\n\s+\+\s+0\.000\s+a, b are up; v1 on a\./u);
});
