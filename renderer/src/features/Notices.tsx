import { X } from 'lucide-react';
import { dismissNotice } from '../store/actions.ts';
import { useWindow } from '../store/store.ts';
import { Button } from '../ui/Button.tsx';
import { FailureText } from '../ui/FailureText.tsx';

/** What was asked for and did not work, until it is read. */
export function Notices() {
  const notices = useWindow((state) => state.notices);
  return (
    <div className="notices" role="alert">
      {notices.map(({ id, title, failure }) => (
        <div key={id} className="notice">
          <div>
            <p className="notice-title">{title}</p>
            <FailureText failure={failure} />
          </div>
          <Button look="quiet" onPress={() => dismissNotice(id)} label={`Close: ${title}`}>
            <X aria-hidden="true" />
          </Button>
        </div>
      ))}
    </div>
  );
}
