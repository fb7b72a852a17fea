import { Moon } from 'lucide-react';
import { count } from '../../../electron/ipc/words.ts';
import { dismissAway } from '../store/dailyActions.ts';
import { routeHash } from '../store/route.ts';
import { useWindow } from '../store/store.ts';
import { ago, wallTime } from '../text/daily.ts';
import { runSeconds } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';

/** Stories told here; the others are among the events. */
const TOLD = 4;

/** What the hosts did on their own while nobody watched, until it is put away. */
export function AwayCard() {
  const away = useWindow((state) => state.away);
  const stories = useWindow((state) => state.stories);
  if (away === null) return null;
  const told = away.incidents.flatMap((id) => stories?.find((story) => story.id === id) ?? []);
  return (
    <section className="away" aria-labelledby="away-title">
      <Moon aria-hidden="true" />
      <div className="away-text">
        <h2 id="away-title">While you were away</h2>
        <p>{away.sentence}</p>
        <p className="quiet">{`This app last saw the hosts ${ago(away.since)} (${wallTime(away.since)}).`}</p>
        <ul className="away-stories">
          {told.slice(0, TOLD).map((story) => (
            <li key={story.id}>
              <StatusMark word={story.word} />
              <a href={routeHash({ page: 'events', groupId: story.groupId, item: story.id })}>
                {story.title}
              </a>
              <span className="quiet">
                {wallTime(story.startedAt)}
                {story.downMs === null ? '' : `, down for ${runSeconds(story.downMs)}`}
              </span>
            </li>
          ))}
          {told.length > TOLD ? (
            <li className="quiet">{`and ${count(told.length - TOLD, 'more')} among the events`}</li>
          ) : null}
        </ul>
        {told[0]?.needs ? <p className="away-needs">{told[0].needs}</p> : null}
      </div>
      <Button onPress={() => void dismissAway()}>Put away</Button>
    </section>
  );
}
