/** Steps of the way to a value inside JSON: `['steps', 3, 'do']`. */
export type Path = readonly (string | number)[];

/** `steps[3].do`, as JavaScript would write it. */
export function pathText(path: Path): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${part}`))
    .join('');
}

export interface Places {
  /** Line of the value, counted from 1; that of the nearest thing around it when it is not there. */
  lineOf(path: Path): number;
  /** A field that stands twice in one object: JSON.parse would take the last without a word. */
  readonly doubled: readonly Path[];
}

interface Level {
  readonly kind: 'object' | 'array';
  readonly path: Path;
  readonly seen: Set<string>;
  index: number;
  key: string | null;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|\n/gu;
const MOST_LEVELS = 64;

/** Where each value of a JSON text stands. The text must have been parsed by JSON.parse already. */
export function findPlaces(text: string): Places {
  const lines = new Map<string, number>();
  const doubled: Path[] = [];
  const levels: Level[] = [];
  let line = 1;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '\n') {
      line += 1;
      continue;
    }
    const level = levels.at(-1);
    if (token === '}' || token === ']') {
      levels.pop();
    } else if (token === ',') {
      if (level?.kind === 'array') level.index += 1;
      if (level !== undefined) level.key = null;
    } else if (level?.kind === 'object' && level.key === null) {
      noteKey(level, JSON.parse(token) as string, doubled);
      lines.set(pathText([...level.path, level.key ?? '']), line);
    } else if (token !== ':') {
      const path = level === undefined ? [] : [...level.path, level.key ?? level.index];
      if (!lines.has(pathText(path))) lines.set(pathText(path), line);
      if (token === '{' || token === '[') {
        if (levels.length >= MOST_LEVELS) break;
        const kind = token === '{' ? 'object' : 'array';
        levels.push({ kind, path, seen: new Set(), index: 0, key: null });
      }
    }
  }
  const lineOf = (path: Path): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const known = lines.get(pathText(path.slice(0, length)));
      if (known !== undefined) return known;
    }
    return 1;
  };
  return { lineOf, doubled };
}

function noteKey(level: Level, key: string, doubled: Path[]): void {
  if (level.seen.has(key)) doubled.push([...level.path, key]);
  level.seen.add(key);
  level.key = key;
}
