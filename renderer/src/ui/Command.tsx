import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './Button.tsx';

/** How long "Copied" stays. */
const SAID_MS = 2_000;

/** A command or lines to be typed on a host, with a button that copies them. `what`: how lines are called aloud. */
export function Command({ text, what }: { readonly text: string; readonly what?: string }) {
  const [said, setSaid] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('copied');
    } catch {
      setSaid('refused');
    }
  };
  return (
    <div className="command">
      <code>{text}</code>
      <Button look="quiet" onPress={() => void copy()} label={`Copy ${what ?? `the command ${text}`}`}>
        {said === 'copied' ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        {said === 'copied' ? 'Copied' : said === 'refused' ? 'Copy by hand' : 'Copy'}
      </Button>
    </div>
  );
}
