import * as z from 'zod/mini';
import { readBoundedFile } from '../../backend/boundedFile.ts';
import { writeFileAtomically } from '../../backend/inventory/atomicFile.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A whole file of ours is far below; more is not ours. */
const MAX_FILE_BYTES = 4_096;
export const MIN_WIDTH = 900;
export const MIN_HEIGHT = 600;
const FIRST_WIDTH = 1_280;
const FIRST_HEIGHT = 860;
/** Of the title bar, enough to take hold of the window with the mouse. */
const HANDLE_WIDTH = 120;
const HANDLE_HEIGHT = 30;

/** Beyond what any arrangement of screens has. */
const place = z.int().check(z.gte(-65_536), z.lte(65_536));
const size = z.int().check(z.gte(1), z.lte(65_536));
const WindowState = z.strictObject({
  version: z.literal(1),
  box: z.nullable(z.strictObject({ x: place, y: place, width: size, height: size })),
  maximized: z.boolean(),
  /** The user was told that the app goes on in the tray. */
  trayExplained: z.boolean(),
});
export type WindowState = z.infer<typeof WindowState>;

const firstState: WindowState = { version: 1, box: null, maximized: false, trayExplained: false };

/** An absent, damaged or foreign file is the same as none: the window opens as on the first day. */
export function readWindowState(path: string): WindowState {
  try {
    return WindowState.parse(JSON.parse(readBoundedFile(path, MAX_FILE_BYTES).toString('utf8')));
  } catch {
    return firstState;
  }
}

/** Throws what the system says. */
export function writeWindowState(path: string, state: WindowState): void {
  writeFileAtomically(path, `${JSON.stringify(state)}\n`);
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));

/** Whether the middle of the window's title bar can be reached on this screen. */
function isReachable(box: Box, screen: Box): boolean {
  const middle = box.x + box.width / 2;
  return (
    middle >= screen.x + HANDLE_WIDTH / 2 &&
    middle <= screen.x + screen.width - HANDLE_WIDTH / 2 &&
    box.y >= screen.y &&
    box.y <= screen.y + screen.height - HANDLE_HEIGHT
  );
}

/**
 * Where the window opens: where it was, if that is on a screen that is still there, no larger than that screen;
 * else in the middle of the first one. `screens` are work areas, the main one first.
 */
export function placeWindow(
  stored: Box | null,
  screens: readonly Box[],
): Partial<Box> & Pick<Box, 'width' | 'height'> {
  const screen = stored === null ? undefined : screens.find((one) => isReachable(stored, one));
  if (stored === null || screen === undefined) {
    const [main] = screens;
    return {
      width: clamp(stored?.width ?? FIRST_WIDTH, MIN_WIDTH, Math.max(MIN_WIDTH, main?.width ?? FIRST_WIDTH)),
      height: clamp(
        stored?.height ?? FIRST_HEIGHT,
        MIN_HEIGHT,
        Math.max(MIN_HEIGHT, main?.height ?? FIRST_HEIGHT),
      ),
    };
  }
  return {
    x: stored.x,
    y: stored.y,
    width: clamp(stored.width, MIN_WIDTH, Math.max(MIN_WIDTH, screen.width)),
    height: clamp(stored.height, MIN_HEIGHT, Math.max(MIN_HEIGHT, screen.height)),
  };
}
