import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agent, run, undo } from './testing/terminal.ts';

test('a drill is begun, and its report and picture are brought', async () => {
  const { path, asked } = await agent();
  const dir = mkdtempSync(join(tmpdir(), 'drill-cli-'));
  undo.push(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'picture.png');
  const { code, out } = await run(path, 'drill', 'web', '--picture', file);
  expect(code).toBe(0);
  expect(out).toContain('Drill of web on anna, 2026-01-01T00:00:00.000Z: the copy came up and is well.');
  expect(out).toContain('disks copied in     1.5 s (3 MiB read)');
  expect(out).toContain('agent: well, the guest agent answers');
  expect(asked).toContainEqual(['drill', { vm: 'web' }]);
  expect(readFileSync(file, 'utf8')).toBe('ABC');
});

test('the last drills are listed, and the one under way is stopped', async () => {
  const { path, asked } = await agent();
  expect((await run(path, 'drills')).out).toMatch(
    /web +2026-01-01T00:00:00.000Z +4.0 s +5.0 s +the copy came up/,
  );
  expect((await run(path, 'drills', '--stop')).out).toBe('drill stop has begun.\n');
  expect(asked).toContainEqual(['drill stop', {}]);
});
