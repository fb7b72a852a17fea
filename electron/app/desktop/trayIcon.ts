import type { Word } from '../../ipc/views.ts';

/** Edge of the icon in pixels; the platform scales it down. */
export const ICON_PIXELS = 32;
const MIDDLE = (ICON_PIXELS - 1) / 2;

type Inside = (x: number, y: number) => boolean;
type Point = readonly [x: number, y: number];

const disc: Inside = (x, y) => Math.hypot(x - MIDDLE, y - MIDDLE) < 14;
const ring: Inside = (x, y) => disc(x, y) && Math.hypot(x - MIDDLE, y - MIDDLE) > 9.5;

/** Within `half` of the line from one point to the other. */
const nearLine = (x: number, y: number, from: Point, to: Point, half: number): boolean => {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const along = Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - from[0] - along * dx, y - from[1] - along * dy) < half;
};
const stroke =
  (half: number, ...points: readonly Point[]): Inside =>
  (x, y) =>
    points.slice(1).some((to, at) => nearLine(x, y, points[at] ?? to, to, half));

const check = stroke(2, [9, 16.5], [14, 21.5], [23, 11]);
const falling = stroke(2, [10, 10], [21, 21]);
const rising = stroke(2, [21, 10], [10, 21]);
const cross: Inside = (x, y) => falling(x, y) || rising(x, y);
const hook = stroke(
  1.5,
  [11.3, 12.4],
  [12.4, 9.9],
  [15.5, 8.7],
  [18.6, 9.9],
  [19.5, 12.4],
  [18, 14.6],
  [15.5, 16.4],
  [15.5, 18.6],
);
const question: Inside = (x, y) => hook(x, y) || Math.hypot(x - MIDDLE, y - 22.6) < 1.9;

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
  'not-known': (x, y) => question(x, y) || (disc(x, y) && Math.hypot(x - MIDDLE, y - MIDDLE) > 12),
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

/** Points looked at in each direction of a pixel, so that edges are smooth. */
const FINENESS = 4;

/** How much of a pixel lies inside the shape, 0 to 1. */
function cover(inside: Inside, x: number, y: number): number {
  let hits = 0;
  for (let at = 0; at < FINENESS * FINENESS; at += 1) {
    const within = (step: number): number => (step + 0.5) / FINENESS - 0.5;
    if (inside(x + within(at % FINENESS), y + within(Math.floor(at / FINENESS)))) hits += 1;
  }
  return hits / (FINENESS * FINENESS);
}

/** The icon as a bitmap: blue, green, red and alpha of each pixel, the colours multiplied by alpha. */
export function trayBitmap(word: Word, panel: Panel): Uint8Array {
  const bitmap = new Uint8Array(ICON_PIXELS * ICON_PIXELS * 4);
  const [red, green, blue] = panel === 'template' ? [0, 0, 0] : colours[word][panel];
  for (let at = 0; at < ICON_PIXELS * ICON_PIXELS; at += 1) {
    const alpha = cover(shapes[word], at % ICON_PIXELS, Math.floor(at / ICON_PIXELS));
    bitmap.set(
      [blue, green, red, 255].map((value) => Math.round(value * alpha)),
      at * 4,
    );
  }
  return bitmap;
}
