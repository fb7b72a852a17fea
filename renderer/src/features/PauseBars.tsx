import type { HostMaintenance, PauseView } from '../../../electron/ipc/daily/views.ts';
import { endHostMaintenance, endPause } from '../store/dailyActions.ts';
import type { LiveGroup } from '../store/live.ts';
import { useDaily, useLater } from '../store/selectors.ts';
import { pauseEnd } from '../text/daily.ts';
import { Button } from '../ui/Button.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';

function PauseBar(props: {
  readonly sentence: string;
  readonly pause: PauseView;
  readonly atMs: number;
  readonly button: string;
  readonly onEnd: () => void;
}) {
  const { sentence, pause, atMs, button, onEnd } = props;
  const laterMs = useLater(atMs);
  return (
    <div className="pause-bar">
      <StatusMark word="paused" />
      <p>
        {sentence} <strong>{pauseEnd(pause, laterMs)}</strong>
      </p>
      <Button onPress={onEnd}>{button}</Button>
    </div>
  );
}

const sentenceOf = ({ host, state, vmsLeft, sentence }: HostMaintenance): string =>
  sentence === ''
    ? `${host} is in maintenance${state === 'moving' ? `, ${vmsLeft.length} to move` : ''}.`
    : sentence;

/** On every page while help is off: that it is, until when, and the way to end it now. */
export function PauseBars({ group }: { readonly group: LiveGroup }) {
  const daily = useDaily(group.id);
  const disarmed = daily?.disarmed ?? (group.disarmed ? { until: null, endsInMs: null } : null);
  const atMs = daily?.atMs ?? 0;
  const hosts = daily?.maintenance ?? [];
  if (disarmed === null && hosts.length === 0) return null;
  return (
    <section className="pause-bars" aria-label="Paused now">
      {disarmed === null ? null : (
        <PauseBar
          sentence="Protection is paused: failures are not handled."
          pause={disarmed}
          atMs={atMs}
          button="Resume protection"
          onEnd={() => void endPause(group.id)}
        />
      )}
      {hosts.map((each) => (
        <PauseBar
          key={each.host}
          sentence={sentenceOf(each)}
          pause={each}
          atMs={atMs}
          button={`End maintenance of ${each.host}`}
          onEnd={() => void endHostMaintenance(group.id, each.host)}
        />
      ))}
    </section>
  );
}
