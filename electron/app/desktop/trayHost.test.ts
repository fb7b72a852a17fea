import { expect, test } from 'vitest';
import { hasTrayHost, TrayPresence } from './trayHost.ts';

test('the first tool that answers is believed', async () => {
  const asked: string[] = [];
  const answers: Record<string, string | null> = { gdbus: '(true,)\n', 'dbus-send': '   boolean false\n' };
  const ask = async (command: string): Promise<string | null> => {
    asked.push(command);
    return answers[command] ?? null;
  };
  expect(await hasTrayHost(ask)).toBe(true);
  expect(asked).toEqual(['gdbus']);
});

test('a desktop without the first tool is asked with the second', async () => {
  expect(await hasTrayHost(async (command) => (command === 'gdbus' ? null : '   boolean true\n'))).toBe(true);
  expect(await hasTrayHost(async (command) => (command === 'gdbus' ? null : '   boolean false\n'))).toBe(
    false,
  );
});

test('no answer is no tray', async () => {
  expect(await hasTrayHost(async () => null)).toBe(false);
});

test('a tray that comes after the login is waited for, and one that never comes is given up', async () => {
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  const late = new TrayPresence(async () => waits.length > 3);
  await late.refresh();
  expect(late.refused).toMatch(/^This desktop shows no tray icons/);
  expect(await late.appeared(wait)).toBe(true);
  expect(late.refused).toBe(null);
  waits.length = 0;
  expect(await new TrayPresence(async () => false).appeared(wait)).toBe(false);
  expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(20_000);
});

test('looks do not pile up', async () => {
  let looks = 0;
  const presence = new TrayPresence(async () => (looks += 1) > 0);
  await Promise.all([presence.refresh(), presence.refresh(), presence.refresh()]);
  expect(looks).toBe(1);
});
