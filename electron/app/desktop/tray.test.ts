import { expect, test } from 'vitest';
import { powerLoss, snapshot } from '../../../test/renderer/samples.ts';
import type { Word } from '../../ipc/views.ts';
import { groupView } from '../groupView.ts';
import { isMenuDue, type TrayItem, trayModel, worstWord } from './tray.ts';
import { trayBitmap } from './trayIcon.ts';

const healthy = groupView(snapshot());
const failing = groupView(powerLoss(5_000));
const words: readonly Word[] = ['protected', 'working', 'at-risk', 'not-protected', 'paused', 'not-known'];

/** Every line of the menu, its submenus included. */
const lines = (items: readonly TrayItem[]): readonly TrayItem[] =>
  items.flatMap((item) => (item.kind === 'menu' ? [item, ...lines(item.items)] : [item]));
const labels = (items: readonly TrayItem[]): readonly string[] =>
  lines(items).flatMap((item) => ('label' in item ? [item.label] : []));

test('the tray shows the worst state of all groups, and nothing is not known', () => {
  expect(worstWord([healthy, failing])).toBe('working');
  expect(worstWord([])).toBe('not-known');
  expect(trayModel([]).tooltip).toBe('Understudy: no group is open');
});

test('the menu says how it stands, each host’s state, and leads to every dialog', () => {
  const { items, tooltip } = trayModel([healthy]);
  expect(tooltip).toBe(`Understudy. ${healthy.verdict.sentence}`);
  expect(labels(items)).toEqual([
    healthy.verdict.sentence,
    'alpha: up, runs 2 VMs',
    'beta: up, runs 1 VM',
    'VMs',
    'web-shop on alpha: protected',
    'Switch over to beta…',
    'Open web-shop',
    'mail on beta: protected',
    'Switch over to alpha…',
    'Open mail',
    'files on alpha: protected',
    'Switch over to beta…',
    'Open files',
    'Maintenance…',
    'Checks',
    'Open Head office',
    'Open Understudy',
    'Quit (protection continues)',
  ]);
});

test('no line of the menu acts by itself: it shows, leads to the window, or ends the app', () => {
  const kinds = new Set(lines(trayModel([healthy, failing]).items).map(({ kind }) => kind));
  expect([...kinds].toSorted()).toEqual(['menu', 'open', 'quit', 'separator', 'text']);
  const switchOver = lines(trayModel([healthy]).items).find(
    (item) => item.kind === 'open' && item.label.startsWith('Switch over'),
  );
  expect(switchOver).toMatchObject({
    place: { page: 'vm', dialog: 'switch-over', vmId: healthy.vms[0]?.id },
  });
});

test('a VM that is not running is not offered for a switchover', () => {
  expect(labels(trayModel([failing]).items)).toContain('alpha: silent');
  const stopped = {
    ...healthy,
    vms: healthy.vms.map((vm) => ({ ...vm, place: { kind: 'stopped' as const } })),
  };
  expect(labels(trayModel([stopped]).items).some((label) => label.startsWith('Switch over'))).toBe(false);
});

test('the menu stays short with 8 hosts and 400 VMs, the ones in need first', () => {
  const huge = groupView(snapshot({ hosts: 8, vms: 400 }));
  const vms = huge.vms.map((vm, at) => (at === 399 ? { ...vm, word: 'not-protected' as const } : vm));
  const { items } = trayModel([{ ...huge, vms }]);
  expect(lines(items).length).toBeLessThan(70);
  const menu = items.find((item) => item.kind === 'menu');
  expect(menu?.items[0]).toMatchObject({ label: expect.stringMatching(/not protected$/) });
  expect(labels(items)).toContain('384 more in the window');
});

test('labels and tooltip of long names are cut', () => {
  const sentence = 'x'.repeat(500);
  const { items, tooltip } = trayModel([{ ...healthy, verdict: { ...healthy.verdict, sentence } }]);
  expect(tooltip.length).toBeLessThanOrEqual(120);
  expect(labels(items).every((label) => label.length <= 90)).toBe(true);
});

test('several groups have a menu each, the worst first', () => {
  const { items } = trayModel([healthy, { ...failing, id: 'other', name: 'Branch' }]);
  expect(items.filter(({ kind }) => kind === 'menu').map((item) => 'label' in item && item.label)).toEqual([
    'Branch: working',
    'Head office: protected',
  ]);
});

test('no two states share an icon, colours aside', () => {
  const shapes = words.map((word) =>
    trayBitmap(word, 'template')
      .filter((_, index) => index % 4 === 3)
      .join(''),
  );
  expect(new Set(shapes).size).toBe(words.length);
});

/** WCAG's relative luminance of the first coloured pixel, and of the panel it stands on. */
function contrast(word: Word, panel: 'dark' | 'light'): number {
  const bitmap = trayBitmap(word, panel);
  const at = bitmap.findIndex((value, index) => index % 4 === 3 && value === 255) - 3;
  const luminance = (red: number, green: number, blue: number): number => {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const icon = luminance(bitmap[at + 2] ?? 0, bitmap[at + 1] ?? 0, bitmap[at] ?? 0);
  const behind = panel === 'dark' ? luminance(48, 48, 48) : luminance(240, 240, 240);
  return (Math.max(icon, behind) + 0.05) / (Math.min(icon, behind) + 0.05);
}

test('every icon stands out from a dark and from a light panel', () => {
  const weak = words.flatMap((word) =>
    (['dark', 'light'] as const)
      .filter((panel) => contrast(word, panel) < 3)
      .map((panel) => `${word} ${panel}`),
  );
  expect(weak).toEqual([]);
});

test('the menu is built anew at once in another state, and else not while somebody may read it', () => {
  const model = trayModel([healthy]);
  const built = { word: model.word, items: JSON.stringify(model.items), atMs: 1_000 };
  const renamed = trayModel([{ ...healthy, name: 'Branch' }]);
  expect(isMenuDue(null, model, 1_000)).toBe(true);
  expect(isMenuDue(built, model, 60_000)).toBe(false);
  expect(isMenuDue(built, renamed, 2_000)).toBe(false);
  expect(isMenuDue(built, renamed, 6_000)).toBe(true);
  expect(isMenuDue(built, trayModel([failing]), 1_100)).toBe(true);
});
