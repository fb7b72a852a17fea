import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { autostartEntry } from './autostart.ts';
import { placeWindow, readWindowState, writeWindowState } from './windowState.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-window-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'window.json');

const laptop = { x: 0, y: 25, width: 1_440, height: 860 };
const beside = { x: 1_440, y: 0, width: 2_560, height: 1_400 };

test('the window comes back where it was', () => {
  const box = { x: 1_600, y: 80, width: 1_300, height: 900 };
  writeWindowState(path, { version: 1, box, maximized: true, trayExplained: true });
  expect(readWindowState(path)).toEqual({ version: 1, box, maximized: true, trayExplained: true });
  expect(placeWindow(box, [laptop, beside])).toEqual(box);
});

test('a window of a screen that is gone opens on the main one, no larger than it', () => {
  const box = { x: 1_600, y: 80, width: 2_000, height: 1_300 };
  expect(placeWindow(box, [laptop])).toEqual({ width: 1_440, height: 860 });
});

test('a title bar that can’t be reached counts as gone', () => {
  expect(placeWindow({ x: 0, y: -400, width: 1_000, height: 700 }, [laptop])).not.toHaveProperty('x');
  expect(placeWindow({ x: -980, y: 40, width: 1_000, height: 700 }, [laptop])).not.toHaveProperty('x');
});

test('the first window fits a small screen as far as it can', () => {
  expect(placeWindow(null, [{ x: 0, y: 0, width: 1_024, height: 700 }])).toEqual({
    width: 1_024,
    height: 700,
  });
  expect(placeWindow(null, [])).toEqual({ width: 1_280, height: 860 });
});

test('a damaged, foreign or huge file opens the window as on the first day', () => {
  const first = { version: 1, box: null, maximized: false, trayExplained: false };
  const box = { x: 0, y: 0, width: 1e9, height: 1 };
  for (const text of [
    '{',
    '[]',
    JSON.stringify({ ...first, box }),
    JSON.stringify({ ...first, box: { ...box, width: 1.5 } }),
    JSON.stringify({ ...first, version: 2 }),
    `"${'x'.repeat(5_000)}"`,
  ]) {
    writeFileSync(path, text);
    expect(readWindowState(path)).toEqual(first);
  }
  expect(readWindowState(join(folder, 'none.json'))).toEqual(first);
});

test('the autostart entry quotes whatever the path holds', () => {
  const entry = autostartEntry('/home/jo hn/$apps/100%/Understudy".AppImage');
  expect(entry).toContain(String.raw`Exec="/home/jo hn/\\$apps/100%%/Understudy\\".AppImage" --hidden`);
  expect(() => autostartEntry('/tmp/a\nExec=evil')).toThrow('line break');
});
