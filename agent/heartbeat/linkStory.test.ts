import { expect, test } from 'vitest';
import { createLinkStory } from './linkStory.ts';

test('a link that drops again and again is told as unsteady, once', () => {
  const story = createLinkStory();
  const codes: (string | undefined)[] = [];
  for (let index = 0; index < 50; index += 1) {
    const atMs = index * 10_000;
    codes.push(story.tell({ peer: 1, link: 0, state: 'down', atMs }, 'b')?.code);
    codes.push(story.tell({ peer: 1, link: 0, state: 'up', atMs: atMs + 5000 }, 'b')?.code);
  }
  expect(codes.filter((code) => code !== undefined)).toEqual([
    'link.down',
    'link.up',
    'link.down',
    'link.up',
    'link.down',
    'link.up',
    'link.unsteady',
  ]);
});

test('after ten quiet minutes a drop is told again', () => {
  const story = createLinkStory();
  for (let index = 0; index < 6; index += 1)
    story.tell({ peer: 1, link: 0, state: 'down', atMs: index }, 'b');
  expect(story.tell({ peer: 1, link: 0, state: 'down', atMs: 700_000 }, 'b')?.code).toBe('link.down');
});

test('wrongly sealed datagrams are told once in ten minutes', () => {
  const story = createLinkStory();
  const tell = (atMs: number) => story.tell({ peer: 1, link: 0, state: 'forged', atMs }, 'b')?.code;
  expect([0, 5000, 599_999, 600_000].map(tell)).toEqual(['link.forged', undefined, undefined, 'link.forged']);
});
