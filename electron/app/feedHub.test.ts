import { expect, test } from 'vitest';
import { createFeedHub } from './feedHub.ts';

test('a late subscriber gets the present value at once, and none after it has left', () => {
  const feeds = createFeedHub();
  feeds.publish('app.preferences', { theme: 'dark' });
  const seen: string[] = [];
  const leave = feeds.subscribe('app.preferences', ({ theme }) => seen.push(theme));
  feeds.publish('app.preferences', { theme: 'light' });
  leave();
  feeds.publish('app.preferences', { theme: 'system' });
  expect(seen).toEqual(['dark', 'light']);
});
