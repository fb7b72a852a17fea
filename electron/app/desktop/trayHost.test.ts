import { expect, test } from 'vitest';
import { hasTrayHost } from './trayHost.ts';

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
