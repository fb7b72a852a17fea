import type { Word } from '../ipc/views.ts';

/** Edge of the icon in pixels; the platform scales it down. */
export const ICON_PIXELS = 32;
const MIDDLE = (ICON_PIXELS - 1) / 2;

type Inside = (x: number, y: number) => boolean;

const disc: Inside = (x, y) => Math.hypot(x - MIDDLE, y - MIDDLE) < 14;
const ring: Inside = (x, y) => disc(x, y) && Math.hypot(x - MIDDLE, y - MIDDLE) > 9.5;
const nearLine = (
  x: number,
  y: number,
  from: readonly [number, number],
  to: readonly [number, number],
): boolean => {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const along = Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - from[0] - along * dx, y - from[1] - along * dy) < 2;
};
const check: Inside = (x, y) => nearLine(x, y, [9, 16.5], [14, 21.5]) || nearLine(x, y, [14, 21.5], [23, 11]);
const cross: Inside = (x, y) => nearLine(x, y, [10, 10], [21, 21]) || nearLine(x, y, [21, 10], [10, 21]);

/** The same shapes as in the window: told apart without colour. */
const shapes: Readonly<Record<Word, Inside>> = {
  protected: (x, y) => disc(x, y) && !check(x, y),
  working: (x, y) => ring(x, y) && !(x > MIDDLE && y < MIDDLE),
  'at-risk': (x, y) =>
    y > 2 &&
    y < 29 &&
    Math.abs(x - MIDDLE) < ((y - 1) / 28) * 15 &&
    !(Math.abs(x - MIDDLE) < 2 && y > 11 && (y < 20 || y > 23) && y < 27),
  'not-protected': (x, y) => x > 2 && x < 29 && y > 2 && y < 29 && !cross(x, y),
  paused: (x, y) => y > 4 && y < 27 && ((x > 7 && x < 13) || (x > 18 && x < 24)),
  'not-known': (x, y) =>
    ring(x, y) && Math.floor((Math.atan2(y - MIDDLE, x - MIDDLE) + Math.PI) / (Math.PI / 6)) % 2 === 0,
};

const colours: Readonly<Record<Word, readonly [number, number, number]>> = {
  protected: [60, 170, 110],
  working: [80, 140, 230],
  'at-risk': [225, 150, 30],
  'not-protected': [220, 70, 60],
  paused: [140, 148, 160],
  'not-known': [140, 148, 160],
};

/** The icon as a bitmap, four bytes a pixel in the order blue, green, red, alpha. */
export function trayBitmap(word: Word): Uint8Array {
  const bitmap = new Uint8Array(ICON_PIXELS * ICON_PIXELS * 4);
  const [red, green, blue] = colours[word];
  for (let at = 0; at < ICON_PIXELS * ICON_PIXELS; at += 1) {
    if (shapes[word](at % ICON_PIXELS, Math.floor(at / ICON_PIXELS)))
      bitmap.set([blue, green, red, 255], at * 4);
  }
  return bitmap;
}
