import { expect, test } from 'vitest';
import { isOwnPage } from './ipc.ts';

test('only the window’s own page at top level may speak to the app', () => {
  const frame = (url: string, parent: unknown = null) =>
    ({ senderFrame: { url, parent } }) as Parameters<typeof isOwnPage>[0];
  expect(isOwnPage(frame('app://main/index.html'))).toBe(true);
  expect(isOwnPage(frame('app://main/index.html', {}))).toBe(false);
  expect(isOwnPage(frame('app://other/index.html'))).toBe(false);
  expect(isOwnPage(frame('https://main/'))).toBe(false);
  expect(isOwnPage(frame(''))).toBe(false);
  expect(isOwnPage({ senderFrame: null })).toBe(false);
});
