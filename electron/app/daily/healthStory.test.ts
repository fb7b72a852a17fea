import { expect, test } from 'vitest';
import type { EventView } from '../../ipc/views.ts';
import { healthStory } from './healthStory.ts';

const event = (seq: number, code: string, facts: EventView['facts'] = {}): EventView => ({
  seq,
  code,
  level: 'notice',
  text: `${code} was said.`,
  vm: 'shop',
  facts,
  host: 'h1',
  bootId: '6d0f7d3e-0000-4000-8000-000000000001',
  atBootMs: seq * 1000,
  wallTime: new Date(seq * 1000).toISOString(),
  groupId: '6d0f7d3e-0000-4000-8000-000000000001',
  key: String(seq),
});

const failed = event(1, 'vm.health-failed');
const restarted = event(2, 'vm.app-restarted');
const reset = event(3, 'vm.reset');

test('an application that was repaired is told with what was tried and how long it took', () => {
  const well = event(4, 'vm.health-recovered', { tookMs: 4200 });
  expect(healthStory('shop', [failed, restarted, reset, well])).toMatchObject({
    word: 'protected',
    isOver: true,
    decision: 'Tried one after another: its application was restarted; its guest was reset.',
    vms: [{ outcome: 'restarted', downMs: 4200 }],
  });
});

test('what nothing has helped needs somebody, and what is under way does not yet', () => {
  expect(healthStory('shop', [failed, restarted])).toMatchObject({
    word: 'working',
    isOver: false,
    needs: null,
  });
  const left = healthStory('shop', [failed, restarted, event(5, 'vm.health-gave-up')]);
  expect(left).toMatchObject({ word: 'at-risk', isOver: true, vms: [{ outcome: 'stayed' }] });
  expect(left.needs).not.toBeNull();
});
