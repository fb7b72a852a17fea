import { useEffect, useState } from 'react';
import { newsBetween } from '../text/news.ts';
import { pageName, windowTitle } from '../text/daily.ts';
import { useAppSilent, useGroup } from '../store/selectors.ts';
import { useWindow } from '../store/store.ts';

/** Keeps the window's title true: where one is, and how the group stands. */
function useTitle(): void {
  const page = useWindow(({ route }) => route.page);
  const group = useGroup();
  const silent = useAppSilent();
  const word = silent ? 'not-known' : (group?.verdict.word ?? 'not-known');
  const name = group?.name ?? null;
  useEffect(() => {
    document.title = windowTitle(page, name === null ? null : { name, word });
  }, [page, name, word]);
}

/** Tells a screen reader what happens, on whatever page one is: politely, and at once only for what is urgent. */
export function Announcer() {
  const [polite, setPolite] = useState('');
  const [urgent, setUrgent] = useState('');
  useTitle();
  useEffect(
    () =>
      useWindow.subscribe((now, before) => {
        // The address is a fragment: without a word, a screen reader would not notice that the page is another.
        if (now.route.page !== before.route.page) setPolite(pageName(now.route.page));
        if (now.groups === before.groups && now.runs === before.runs) return;
        const news = newsBetween(before, now);
        const said = (which: boolean): string =>
          news
            .filter((each) => each.urgent === which)
            .map(({ text }) => text)
            .join(' ');
        if (said(false) !== '') setPolite(said(false));
        if (said(true) !== '') setUrgent(said(true));
      }),
    [],
  );
  return (
    <>
      <output className="visually-hidden" aria-live="polite" aria-label="News">
        {polite}
      </output>
      <div className="visually-hidden" role="alert" aria-label="Urgent news">
        {urgent}
      </div>
    </>
  );
}
