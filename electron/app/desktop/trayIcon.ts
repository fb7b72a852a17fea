import type { Word } from '../../ipc/views.ts';

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

/** What the icon stands on. `template`: the platform itself colours it (macOS). */
export type Panel = 'dark' | 'light' | 'template';

type Colour = readonly [red: number, green: number, blue: number];
const grey = { dark: [176, 184, 196], light: [92, 100, 112] } as const;

/** Each at least 3:1 against its panel; the shape alone tells the state where there is no colour. */
const colours: Readonly<Record<Word, { readonly dark: Colour; readonly light: Colour }>> = {
  protected: { dark: [88, 200, 138], light: [24, 122, 68] },
  working: { dark: [120, 174, 255], light: [30, 96, 200] },
  'at-risk': { dark: [246, 182, 64], light: [164, 98, 0] },
  'not-protected': { dark: [255, 124, 112], light: [190, 36, 28] },
  paused: grey,
  'not-known': grey,
};

/** The icon as a bitmap, four bytes a pixel in the order blue, green, red, alpha. */
export function trayBitmap(word: Word, panel: Panel): Uint8Array {
  const bitmap = new Uint8Array(ICON_PIXELS * ICON_PIXELS * 4);
  const [red, green, blue] = panel === 'template' ? [0, 0, 0] : colours[word][panel];
  for (let at = 0; at < ICON_PIXELS * ICON_PIXELS; at += 1) {
    if (shapes[word](at % ICON_PIXELS, Math.floor(at / ICON_PIXELS)))
      bitmap.set([blue, green, red, 255], at * 4);
  }
  return bitmap;
}
