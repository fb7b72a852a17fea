import { memo } from 'react';

export interface HistogramBin {
  /** Upper edge in milliseconds; null: everything slower than the last edge. */
  readonly belowMs: number | null;
  readonly count: number;
}

const BAR = 26;
const GAP = 3;
const HEIGHT = 64;
/** A bar of one in many stays visible. */
const LEAST = 2.5;

const edge = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms}`);

/**
 * How long single writes took: a bar for each range of times, ranges growing from left to right. Bars beyond `slowMs`
 * are those that the chosen timing could not live with.
 */
export const Histogram = memo(function Histogram({
  bins,
  label,
  slowMs,
}: {
  readonly bins: readonly HistogramBin[];
  readonly label: string;
  readonly slowMs: number;
}) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const width = bins.length * (BAR + GAP);
  return (
    <svg className="histogram" viewBox={`0 0 ${width} ${HEIGHT + 16}`} role="img" aria-label={label}>
      {bins.map(({ belowMs, count }, index) => {
        const from = bins[index - 1]?.belowMs ?? 0;
        const height = count === 0 ? 0 : Math.max(LEAST, (count / most) * HEIGHT);
        const x = index * (BAR + GAP);
        return (
          <g key={belowMs ?? 'rest'}>
            <rect className="histogram-ground" x={x} y={HEIGHT - 1} width={BAR} height={1} />
            <rect
              className={from >= slowMs ? 'histogram-slow' : 'histogram-bar'}
              x={x}
              y={HEIGHT - height}
              width={BAR}
              height={height}
            />
            <text x={x + BAR} y={HEIGHT + 12}>
              {belowMs === null ? 'more' : edge(belowMs)}
            </text>
          </g>
        );
      })}
    </svg>
  );
});
