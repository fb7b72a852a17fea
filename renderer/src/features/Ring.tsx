import { memo } from 'react';
import type { Word } from '../../../electron/ipc/views.ts';
import type { LiveGroup, LiveLink } from '../store/live.ts';
import { linkWords, milliseconds, words } from '../text/en.ts';
import { Panel } from '../ui/Panel.tsx';

/** The drawing's own units. */
const WIDTH = 900;
const HEIGHT = 330;
const CENTRE = { x: WIDTH / 2, y: HEIGHT / 2 };
const RADIUS = { x: 350, y: 122 };
/** With more hosts the figures of all links would lie over each other: only those of links in trouble are written. */
const FIGURES_UP_TO = 4;

const worst: readonly Word[] = ['at-risk', 'not-known', 'protected'];
const worstOf = (all: readonly Word[]): Word => worst.find((word) => all.includes(word)) ?? 'not-known';

interface Edge {
  readonly key: string;
  readonly hosts: readonly [string, string];
  readonly word: Word;
  readonly text: string;
}

/** One line a pair of hosts, whatever the number of links between them: the state of the worst, the slowest round trip. */
function edgesOf(links: readonly LiveLink[]): readonly Edge[] {
  const pairs = Map.groupBy(links, ({ hosts }) => hosts.join(' '));
  return [...pairs].flatMap(([key, between]) => {
    const [first] = between;
    if (first === undefined) return [];
    const ends = between.flatMap((link) => link.ends);
    const rtts = ends.flatMap(({ fresh, rttMs }) => (fresh && rttMs !== null ? [rttMs] : []));
    const word = worstOf(ends.map((end) => linkWords(end).word));
    const text = rtts.length === 0 ? 'nothing heard' : milliseconds(Math.max(...rtts));
    return [{ key, hosts: first.hosts, word, text }];
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Hosts stand on an ellipse, evenly to both sides of its middle, the first at the upper left. */
function placesOf(count: number): readonly Point[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * (index - 0.5)) / count - Math.PI / 2;
    return { x: CENTRE.x + RADIUS.x * Math.cos(angle), y: CENTRE.y + RADIUS.y * Math.sin(angle) };
  });
}

const Line = memo(function Line(props: {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly word: Word;
  readonly store?: boolean;
}) {
  const { word, store = false, ...ends } = props;
  return <line className={`ring-line ring-${word}${store ? ' ring-store-line' : ''}`} {...ends} />;
});

function storeWord({ report }: LiveGroup['hosts'][number]): Word {
  if (report?.fresh !== true || report.store.reachable === null) return 'not-known';
  return report.store.reachable ? 'protected' : 'not-protected';
}

/** Three and more hosts: who hears whom and how fast, and who reaches the store in the middle. */
export function Ring({ group }: { readonly group: LiveGroup }) {
  const points = placesOf(group.hosts.length);
  const at = new Map(group.hosts.map(({ name }, index) => [name, points[index] ?? CENTRE]));
  const edges = edgesOf(group.links);
  const figures = group.hosts.length <= FIGURES_UP_TO;
  const bad = edges.filter(({ word }) => word !== 'protected');
  const summary =
    bad.length === 0
      ? 'All hosts hear each other on every link.'
      : bad.map(({ hosts, word }) => `${hosts.join(' and ')}: ${words[word]}.`).join(' ');
  return (
    <Panel title="Links and store" aside="Slowest round trip of each pair; details below">
      <svg className="ring" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={summary}>
        {edges.map(({ key, hosts, word }) => {
          const [from, to] = [at.get(hosts[0]) ?? CENTRE, at.get(hosts[1]) ?? CENTRE];
          return <Line key={key} x1={from.x} y1={from.y} x2={to.x} y2={to.y} word={word} />;
        })}
        {group.hosts.map((host, index) => {
          const point = points[index] ?? CENTRE;
          return (
            <Line
              key={host.name}
              x1={point.x}
              y1={point.y}
              x2={CENTRE.x}
              y2={CENTRE.y}
              word={storeWord(host)}
              store
            />
          );
        })}
        {edges.map(({ key, hosts, word, text }) => {
          if (!figures && word === 'protected') return null;
          const [from, to] = [at.get(hosts[0]) ?? CENTRE, at.get(hosts[1]) ?? CENTRE];
          return (
            <text key={key} className="ring-figure" x={(from.x + to.x) / 2} y={(from.y + to.y) / 2 - 6}>
              {text}
            </text>
          );
        })}
        <RingStore />
        {group.standing.map(({ name, word }, index) => (
          <RingHost key={name} name={name} word={word} point={points[index] ?? CENTRE} />
        ))}
      </svg>
    </Panel>
  );
}

const RingStore = memo(function RingStore() {
  return (
    <g className="ring-store">
      <rect x={CENTRE.x - 46} y={CENTRE.y - 17} width="92" height="34" rx="8" />
      <text x={CENTRE.x} y={CENTRE.y + 5}>
        Store
      </text>
    </g>
  );
});

const RingHost = memo(function RingHost(props: {
  readonly name: string;
  readonly word: Word;
  readonly point: Point;
}) {
  const { name, word, point } = props;
  return (
    <g className={`ring-host ring-host-${word}`}>
      <rect x={point.x - 58} y={point.y - 17} width="116" height="34" rx="8" />
      <text x={point.x} y={point.y + 5}>
        {name.length > 14 ? `${name.slice(0, 13)}…` : name}
      </text>
    </g>
  );
});
