import { FileDown, RotateCw } from 'lucide-react';
import { useState } from 'react';
import type { CheckReport } from '../../../../electron/ipc/setup/workViews.ts';
import { app, useWindow } from '../../store/store.ts';
import { checkedWhen, lineStates, reportSentence, tally, worst } from '../../text/checks.ts';
import { Button } from '../../ui/Button.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { ask } from '../setup/setupActions.ts';
import { useAsked, useRefusal } from '../setup/setupStore.ts';

/** Wall time by the window's own tick, in steps of ten seconds: ages of reports are told in minutes. */
const useNow = (): number =>
  useWindow(({ nowMs }) => performance.timeOrigin + Math.ceil(nowMs / 10_000) * 10_000);

function SaveButtons({ groupId }: { readonly groupId: string | null }) {
  const [saved, setSaved] = useState('');
  const refusal = useRefusal('report');
  const save = async (format: 'html' | 'json'): Promise<void> => {
    setSaved('');
    const file = await ask('report', () => app().checks.save({ groupId, format }));
    if (file !== null) setSaved(`Saved as ${file.path}.`);
  };
  return (
    <>
      <Button onPress={() => void save('html')}>
        <FileDown aria-hidden="true" />
        Save as HTML
      </Button>
      <Button onPress={() => void save('json')}>
        <FileDown aria-hidden="true" />
        Save as JSON
      </Button>
      <output className="quiet">{saved}</output>
      {refusal === null ? null : <FailureText failure={refusal} />}
    </>
  );
}

/** What the report says as a whole, when it was made, and what can be done with it. */
export function CheckSummary({
  groupId,
  report,
}: {
  readonly groupId: string | null;
  readonly report: CheckReport | null;
}) {
  const now = useNow();
  const asked = useAsked('check') || report?.running === true;
  const refusal = useRefusal('check');
  const lines = report?.lines ?? [];
  const state = report === null || asked || report.finishedAt === null ? null : worst(lines);
  const broken = (report?.failures.length ?? 0) > 0;
  const word = asked
    ? 'working'
    : state === null
      ? 'not-known'
      : broken
        ? 'not-protected'
        : lineStates[state].word;
  return (
    <section className={`banner banner-${word}`} aria-label="Result of the check">
      <StatusMark word={word} size="large" />
      <div className="banner-text">
        <p className="banner-sentence">
          {report === null ? (asked ? 'Looking at the hosts …' : 'Not checked yet.') : reportSentence(report)}
        </p>
        <p>{tally(lines)}</p>
        {report === null ? null : <p className="quiet">{checkedWhen(report, now)}</p>}
        <div className="banner-buttons">
          <Button
            onPress={() => void ask('check', () => app().checks.run({ groupId, line: null }))}
            off={asked ? 'It is under way.' : null}
          >
            <RotateCw aria-hidden="true" />
            {asked ? 'Checking …' : report === null ? 'Check now' : 'Check everything again'}
          </Button>
          {lines.length === 0 || asked ? null : <SaveButtons groupId={groupId} />}
        </div>
        {refusal === null ? null : <FailureText failure={refusal} />}
        {(report?.failures ?? []).map(({ host, failure }) => (
          <div key={host} className="refusal" role="alert">
            <p className="failure-host">{host}</p>
            <FailureText failure={failure} />
          </div>
        ))}
      </div>
    </section>
  );
}
