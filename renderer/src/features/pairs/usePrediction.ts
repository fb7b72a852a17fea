import { useEffect, useState } from 'react';
import type { PairChoice, PairRow, PairsPrediction } from '../../../../electron/ipc/setup/pairViews.ts';
import { app } from '../../store/store.ts';

/** Ticking many boxes in a row asks once. */
const ASK_AFTER_MS = 120;

/** What would happen with these chosen; the last answer stays until there is a newer one. */
export function usePrediction(
  groupId: string,
  choices: readonly PairChoice[],
  rows: readonly PairRow[] | undefined,
): PairsPrediction | null {
  const [prediction, setPrediction] = useState<PairsPrediction | null>(null);
  const listed = rows !== undefined;
  useEffect(() => {
    if (!listed) return undefined;
    let current = true;
    const timer = setTimeout(() => {
      void app()
        .pairs.predict({ groupId, choices })
        .then((reply) => {
          if (current && reply.ok) setPrediction(reply.value);
        });
    }, ASK_AFTER_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [groupId, choices, listed]);
  return prediction;
}
