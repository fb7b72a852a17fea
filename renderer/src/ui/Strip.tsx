import { memo } from 'react';

const SECONDS = 120;
const HEIGHT = 24;

/** Paths for one strip: beats as bars by their height, silent seconds as full bars, and what is not known as gaps. */
function paths(samples: readonly (number | null)[], topMs: number) {
  const offset = SECONDS - samples.length;
  let beats = '';
  let silent = '';
  let unknown = '';
  samples.forEach((sample, index) => {
    const x = offset + index;
    if (sample === null) unknown += `M${x} ${HEIGHT - 1}h1v1h-1z`;
    else if (sample < 0) silent += `M${x} 0h1v${HEIGHT}h-1z`;
    else {
      const height = Math.max(2, Math.min(HEIGHT, (sample / topMs) * HEIGHT));
      beats += `M${x + 0.15} ${(HEIGHT - height).toFixed(1)}h0.7v${height.toFixed(1)}h-0.7z`;
    }
  });
  return { beats, silent, unknown };
}

/**
 * A scale that does not dance: the next of 1, 1.5, 2, 3, 5, 7 ... above what nine of ten samples stay below. One slow
 * beat is cut off at the top instead of flattening all others.
 */
function topOf(samples: readonly (number | null)[]): number {
  const heard = samples
    .flatMap((sample) => (sample === null || sample < 0 ? [] : [sample]))
    .toSorted((a, b) => a - b);
  const usual = Math.max(0.1, heard[Math.floor(heard.length * 0.9)] ?? 1) * 1.3;
  const decade = 10 ** Math.floor(Math.log10(usual));
  return [1, 1.5, 2, 3, 5, 7].map((step) => step * decade).find((top) => top >= usual) ?? decade * 10;
}

/** Two minutes of one value, a second a bar, the newest at the right. Drawn again only for new samples. */
export const Strip = memo(function Strip({
  samples,
  label,
}: {
  readonly samples: readonly (number | null)[];
  readonly label: string;
}) {
  const { beats, silent, unknown } = paths(samples, topOf(samples));
  const missed = samples.filter((sample) => sample !== null && sample < 0).length;
  const heard = samples.filter((sample) => sample !== null && sample >= 0).length;
  const summary = `${label}, last two minutes: ${heard} seconds with beats, ${missed} silent.`;
  return (
    <svg
      className="strip"
      viewBox={`0 0 ${SECONDS} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={summary}
    >
      <path className="strip-unknown" d={unknown} />
      <path className="strip-silent" d={silent} />
      <path className="strip-beats" d={beats} />
    </svg>
  );
});
