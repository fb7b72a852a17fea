import { useEffect, useState } from 'react';
import { newsBetween } from '../text/news.ts';
import { useWindow } from '../store/store.ts';

/** Tells a screen reader what happens, on whatever page one is: politely, and at once only for what is urgent. */
export function Announcer() {
  const [polite, setPolite] = useState('');
  const [urgent, setUrgent] = useState('');
  useEffect(
    () =>
      useWindow.subscribe((now, before) => {
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
