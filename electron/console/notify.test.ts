import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { draft } from '../../agent/notify/testing/samples.ts';
import { runConsole } from './cli.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-console-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* nothing(): AsyncIterable<Uint8Array> {}

async function failureOf(
  ...argv: readonly string[]
): Promise<{ code: string; message: string; field?: string }> {
  let out = '';
  await runConsole([...argv, '--json', '--inventory', join(folder, 'inventory.json')], {
    env: {},
    input: nothing(),
    root: folder,
    out: (text) => (out += text),
    error: () => undefined,
  });
  return (JSON.parse(out) as { failure: { code: string; message: string; field?: string } }).failure;
}

test('settings come from a file; what is wrong in it is named by its place and never quoted', async () => {
  const file = join(folder, 'notify.json');
  expect(await failureOf('notify', 'set', file)).toMatchObject({ code: 'input.invalid', field: 'FILE' });
  writeFileSync(file, 'open sesame');
  expect(await failureOf('notify', 'set', file)).toMatchObject({ code: 'input.invalid', field: 'FILE' });
  writeFileSync(file, JSON.stringify({ ...draft, missingAfterMinutes: 'open sesame' }));
  const failure = await failureOf('notify', 'set', file);
  expect(failure).toMatchObject({ code: 'input.invalid', field: 'missingAfterMinutes' });
  expect(JSON.stringify(failure)).not.toContain('sesame');
});

test('a file that is in order needs a group to go to', async () => {
  const file = join(folder, 'notify.json');
  writeFileSync(file, JSON.stringify(draft));
  expect(await failureOf('notify', 'set', file)).toMatchObject({ code: 'input.unknown-group' });
  expect(await failureOf('notify', 'off')).toMatchObject({ code: 'input.unknown-group' });
});
