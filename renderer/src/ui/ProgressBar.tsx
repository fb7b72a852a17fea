/** How much of a known amount is done. The words beside it say the same. */
export function ProgressBar({
  label,
  done,
  of,
}: {
  readonly label: string;
  readonly done: number;
  readonly of: number;
}) {
  return (
    <progress className="progress" aria-label={label} value={Math.min(done, of)} max={Math.max(1, of)} />
  );
}
